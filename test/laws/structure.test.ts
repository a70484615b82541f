import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../core/errors.ts';
import { importsOf, productSources, ROOT, withoutComments } from '../support/source-files.ts';

const sources = productSources();

/** Which top folders a folder may import from; itself is always allowed. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  runtime: ['core'],
  launch: ['agent', 'collector', 'runtime', 'sim'],
  agent: ['core', 'runtime'],
  collector: ['core', 'runtime'],
  console: ['core'],
  sim: ['core', 'runtime'],
  dashboards: ['core', 'runtime'],
};

/** Folders whose files decide and do no I/O. */
const PURE = [
  'core/',
  'agent/profile/',
  'agent/normalise/',
  'agent/trap/',
  'collector/access/',
  'collector/alert/',
  'collector/engagement/',
];
/** Pure files among others: the school file's schema reads them. */
const PURE_FILES = /^collector\/notify\/channels\/[a-z]+-(?:schema|parts)\.ts$/;
/** The edges inside pure folders: they read YAML through the one loader. */
const PURE_EXCEPTIONS = new Set([
  'agent/profile/load.ts',
  'agent/trap/load.ts',
  'collector/alert/rule-file.ts',
  'collector/engagement/school-file.ts',
]);
const IO_MODULES =
  /^(node:(fs|net|dgram|http|https|tls|child_process|sqlite|worker_threads|timers)|net-snmp|ping|undici|influx|@influxdata|fastify|kysely|pg$|pino|node-cron|nodemailer)/;

/** Libraries that do I/O, and the only folders that know them. */
const ONE_HOME: Readonly<Record<string, readonly string[]>> = {
  // A judge of our own, in tests only.
  'net-snmp': [],
  ping: ['agent/drivers'],
  influx: ['collector/storage'],
  '@influxdata/influxdb-client': ['collector/storage'],
  fastify: ['collector/http'],
  pino: ['runtime'],
  'node-cron': ['runtime'],
  'prom-client': ['runtime'],
  yaml: ['runtime'],
  'asn1-ber': ['sim'],
  standardwebhooks: ['sim'],
  nodemailer: ['collector/notify/channels'],
  kysely: ['collector/state'],
  pg: ['collector/state'],
  'ical.js': ['collector/engagement/calendar'],
  // The guarded requests to the world.
  undici: ['collector/outbound'],
  // The spool, the two databases, and copies of them.
  'node:sqlite': ['agent/spool', 'collector/state', 'collector/storage/sqlite', 'runtime'],
  preact: ['console'],
};

describe('the direction of imports', () => {
  it.each(sources.map((s) => [s.path, s] as const))('%s', (path, source) => {
    const top = path.split('/')[0]!;
    for (const target of importsOf(source)) {
      if (!target.startsWith('.')) continue;
      const to = normalize(join(dirname(path), target)).split('/')[0]!;
      expect([top, ...MAY_IMPORT[top]!], `${path} imports ${target}`).toContain(to);
      expect(target, `${path}: imports end in .ts`).toMatch(/\.(ts|json)$/);
    }
  });
});

describe('pure folders', () => {
  it.each(
    sources
      .filter(
        (s) => (PURE.some((p) => s.path.startsWith(p)) || PURE_FILES.test(s.path)) && !PURE_EXCEPTIONS.has(s.path),
      )
      .map((s) => [s.path, s] as const),
  )('%s does no I/O', (_path, source) => expect(importsOf(source).filter((m) => IO_MODULES.test(m))).toEqual([]));
});

describe('each I/O library has one home', () => {
  it.each(Object.entries(ONE_HOME))('%s in %s', (library, homes) => {
    const strays = sources
      .filter((s) => importsOf(s).some((m) => m === library || m.startsWith(`${library}/`)))
      .filter((s) => !homes.some((home) => s.path.startsWith(`${home}/`)));
    expect(strays.map((s) => s.path)).toEqual([]);
  });
});

it('the collector reaches the world through the guarded requests only', () => {
  // Mail and metrics go to the servers of the operator's configuration; the guard is for addresses that others type in.
  const reaches = /\bfetch\(|from 'node:https?'|from 'node:net'|new WebSocket\(/;
  const exempt = /^collector\/(?:outbound|storage)\//;
  const values = (text: string): string => withoutComments(text.replace(/^import type .*$/gm, ''));
  const strays = sources.filter(
    (s) => s.path.startsWith('collector/') && !exempt.test(s.path) && reaches.test(values(s.text)),
  );
  expect(strays.map((s) => s.path)).toEqual([]);
});

it('no clock is read and no timer set outside runtime/clock.ts', () => {
  // The browser has no injected clock; a page redraws by its own timers.
  const allowed = (path: string): boolean => path === 'runtime/clock.ts' || path.startsWith('console/');
  const reads = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.hrtime|\bset(Timeout|Interval)\(/;
  expect(sources.filter((s) => !allowed(s.path) && reads.test(withoutComments(s.text))).map((s) => s.path)).toEqual([]);
});

it('files stay under 300 lines, or say why not', () => {
  const long = sources.filter((s) => s.text.split('\n').length > 301 && !/Longer than 300 lines because/.test(s.text));
  expect(long.map((s) => s.path)).toEqual([]);
});

it('docs/errors.md lists each error code and no others', () => {
  const doc = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  expect([...doc.matchAll(/^\| `(BW_[A-Z_]+)`/gm)].map((m) => m[1])).toEqual(Object.keys(ERROR_CODES));
});

it('each error code is raised somewhere', () => {
  const raised = sources
    .filter((s) => s.path !== 'core/errors.ts')
    .map((s) => s.text)
    .join();
  expect(Object.keys(ERROR_CODES).filter((code) => !raised.includes(`'${code}'`))).toEqual([]);
});
