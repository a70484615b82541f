import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../support/source-files.ts';

// What `collector explain --batch` answers a second, the process from start to end included. Run: node test/bench/explain.bench.ts
// One school with three parties, calendars, weekly windows and a load threshold. `inline`: the same school stands in every line; `file`: every line
// names a file; `schools`: 50 schools take turns, each in its line; `years`: instants are spread over two years.

const LINES = 200_000;
const FILE = join(ROOT, 'config/engagements/northfield-union.yaml');

const school = (n: number) => ({
  school: `s${n}`,
  tz: 'America/New_York',
  parties: {
    internal: { contacts: ['a', 'b'], coverage: [weekly(['mon', 'tue', 'wed', 'thu', 'fri'], '07:00', '17:00')] },
    provider: { contacts: ['on', 'lead'], coverage: 'always' },
    cabler: { contacts: ['desk'], coverage: [weekly(['mon', 'tue', 'wed', 'thu', 'fri'], '09:00', '17:00')] },
  },
  safety_net: ['x', 'y'],
  base: { owner: 'internal' },
  calendars: { district: [{ start: '2026-04-13', end: '2026-04-25', categories: ['TESTING'] }] },
  engagements: [
    agreed('cable', 'domain', [{ owner: 'cabler', scope: { domain: 'cabling' } }]),
    agreed('infra', 'domain', [{ owner: 'provider', scope: { domain: ['wan', 'routing', 'wireless'] } }]),
    agreed('nights', 'threshold', [
      {
        owner: 'provider',
        scope: { severity: '>=critical' },
        when: weekly(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], '17:00', '07:00'),
      },
    ]),
    agreed('tests', 'threshold', [
      { owner: 'provider', when: { calendar: 'district', category: 'TESTING', lead: '1d' } },
    ]),
    agreed('load', 'threshold', [{ owner: 'provider', if: { load: { party: 'internal', over: 5, clear: 2 } } }]),
  ],
});

function weekly(days: string[], from: string, to: string): object {
  return { weekly: { days, from, to } };
}

function agreed(id: string, kind: string, grants: object[]): object {
  return { id, kind, status: 'approved', approvals: ['internal', 'provider', 'cabler'], grants };
}

const DOMAINS = ['wan', 'switching', 'cabling', 'wireless', 'power', 'dns_dhcp'];
const SEVERITIES = ['info', 'warning', 'critical'];

function lines(config: (i: number) => unknown, spreadHours: number): string {
  const start = Date.UTC(2026, 3, 1);
  return Array.from({ length: LINES }, (_, i) => {
    const alert = { id: i, domain: DOMAINS[i % 6], severity: SEVERITIES[i % 3], site: 'main', zone: 'main/1' };
    const at = new Date(start + ((i * 7919) % (spreadHours * 3600)) * 1000).toISOString();
    return JSON.stringify({ config: config(i), alert, at, state: {} });
  }).join('\n');
}

function measure(input: string): { per_s: number; cpu_us_per_decision: number } {
  const start = process.hrtime.bigint();
  const main = join(ROOT, 'collector/main.ts');
  const child = spawnSync(
    '/usr/bin/env',
    ['sh', '-c', `"$0" "$1" explain --batch > /dev/null; times`, process.execPath, main],
    {
      input,
      encoding: 'utf8',
      maxBuffer: 1e9,
    },
  );
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return {
    per_s: Math.round(LINES / seconds),
    cpu_us_per_decision: Math.round((cpuSeconds(child.stdout) / LINES) * 1e7) / 10,
  };
}

/** The second line of `times`: user and system time of the children, `0m1.23s 0m0.45s`. */
function cpuSeconds(times: string): number {
  const [user, system] = times.trim().split('\n')[1]!.split(' ').map(ofTimes);
  return user! + system!;
}

function ofTimes(text: string): number {
  const [minutes, seconds] = text.replace('s', '').split('m').map(Number);
  return minutes! * 60 + seconds!;
}

const one = school(0);
const many = Array.from({ length: 50 }, (_, n) => school(n));
const result = {
  lines: LINES,
  inline: measure(lines(() => one, 24 * 60)),
  file: measure(lines(() => FILE, 24 * 60)),
  schools: measure(lines((i) => many[i % 50], 24 * 60)),
  years: measure(lines(() => one, 24 * 730)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
