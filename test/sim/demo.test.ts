import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { Child } from '../../sim/child.ts';
import { formatHappening, parseDemoArgs, terminalWidth } from '../../sim/cli.ts';
import { PEOPLE, writeAgentFile, writeCollectorFiles, writeFpingWrapper } from '../../sim/demo-files.ts';
import { listeningUrl } from '../../sim/demo-parts.ts';
import { DemoStory, missing, sumMetric, summarise, type ToldAlert } from '../../sim/demo-story.ts';
import { freePort, isFree } from '../../sim/free-port.ts';
import type { PhoneMessage } from '../../sim/phone-message.ts';
import { SimulatedSchool } from '../../sim/school.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { ROOT } from '../support/source-files.ts';
import { runTool } from './snmp-tools.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellwether-sim-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the command line of the demo', () => {
  it.each([
    [[], { forMs: undefined, port: 8080, keep: undefined }],
    [['--for', '60s', '--port', '9000', '--keep', 'x'], { forMs: 60_000, port: 9000, keep: 'x' }],
    [['--help'], 'help'],
  ])('%j', (argv, options) => {
    expect(parseDemoArgs(argv)).toEqual(options);
  });

  it.each([
    [['--fro', '60s'], /--fro/],
    [['--for', '60'], /a duration such as 60s, got "60"/],
    [['--for', '0s'], /a duration/],
    [['--port', '0'], /1 to 65535, got "0"/],
    [['--port', 'x'], /got "x"/],
    [['--keep', ''], /a folder/],
    [['extra'], /extra/],
  ])('refuses %j', (argv, reason) => {
    expect(parseDemoArgs(argv)).toEqual({ wrong: expect.stringMatching(reason) });
  });

  it('exits 2 with the usage on unknown options, 0 on --help', async () => {
    const main = join(ROOT, 'sim/main.ts');
    const wrong = await runTool(process.execPath, [main, '--nonsense']);
    expect([wrong.code, wrong.out]).toEqual([2, '']);
    expect(wrong.err).toContain('usage: npm start');
    const help = await runTool(process.execPath, [main, '--help']);
    expect([help.code, help.err]).toEqual([0, '']);
    expect(help.out).toContain('usage: npm start');
  });

  it('will not write into a folder that holds something', async () => {
    writeFileSync(join(dir, 'precious'), 'x');
    const { code, out } = await runTool(process.execPath, [join(ROOT, 'sim/main.ts'), '--for', '1s', '--keep', dir]);
    expect(code).toBe(1);
    expect(out).toContain('is not empty');
    expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('x');
  });

  it('puts the time first and further lines under the first', () => {
    expect(formatHappening(15_042, 'phone', ['a', 'b'], 80)).toEqual(['  15.0s  phone     a', '                   b']);
  });

  it.each([
    [undefined, 120],
    [0, 120],
    [80, 80],
  ])('takes a terminal of %s columns as %i wide', (columns, width) => expect(terminalWidth(columns)).toBe(width));

  it('wraps at the width, keeps indents, and leaves a word longer than the width whole', () => {
    const pad = ' '.repeat(19);
    expect(formatHappening(0, 'x', ['one two three', '  four five six', 'x'.repeat(20)], 30)).toEqual([
      '   0.0s  x         one two',
      `${pad}  three`,
      `${pad}  four five`,
      `${pad}    six`,
      `${pad}${'x'.repeat(20)}`,
    ]);
  });
});

describe('the files of the demo', () => {
  const phones = PEOPLE.map((p, i) => ({
    contact: p.contact,
    url: `http://127.0.0.1:${9000 + i}/`,
    secret: `whsec_${Buffer.alloc(32, i).toString('base64')}`,
    ntfy: `http://127.0.0.1:9010/person-${i}`,
  }));

  it("pass the collector's and the agent's own check", async () => {
    const school = new SimulatedSchool({ clock: new FakeClock() });
    const agent = writeAgentFile(dir, {
      collectorUrl: 'http://127.0.0.1:8080',
      token: 'bwt_example',
      fping: writeFpingWrapper(dir, join(ROOT, 'sim/fping.ts'), 'http://127.0.0.1:1'),
      community: school.community,
      snmpPort: 10_161,
      metricsPort: 9100,
      devices: school.devices,
    });
    const collector = writeCollectorFiles(dir, 8080, phones);
    for (const [program, file] of [
      ['agent', agent],
      ['collector', collector],
    ] as const) {
      const { code, err } = await runTool(process.execPath, [
        join(ROOT, program, 'main.ts'),
        'check',
        '--config',
        file,
      ]);
      expect(err).toBe('');
      expect(code).toBe(0);
    }
    expect(statSync(agent).mode & 0o077).toBe(0);
    expect(statSync(join(dir, 'school.yaml')).mode & 0o077).toBe(0);
  });
});

const message = (type: string, id: string, openedAt: string | null = null): PhoneMessage => ({
  type,
  data: {
    alert: {
      id,
      school: 's',
      site: 'main',
      domain: 'wireless',
      severity: 'critical',
      rule: 'access-points-down',
      summary: '3 of 8 down',
      condition: 'c',
      opened_at: openedAt,
    },
    responsibility: { owner: 'provider', acting: 'provider', why: 'infra#0', text: 'it was agreed' },
    text: 't',
  },
});

describe('the story of the demo', () => {
  it('folds messages into one entry per alert: who was told, when it opened, came and was over', () => {
    const start = Date.UTC(2026, 9, 5, 14);
    const story = new DemoStory(start);
    story.tell(message('alert.open', 'a', new Date(start + 20_000).toISOString()), 'Kim', 21_000);
    story.tell(message('alert.open', 'a'), 'Kim', 25_000);
    story.tell(message('alert.open', 'a'), 'provider', 26_000);
    story.tell(message('alert.resolved', 'a'), 'Kim', 42_000);
    story.tell(message('alert.resolved', 'a'), 'provider', 43_000);
    story.tell(message('alert.resolved', 'unknown'), 'Kim', 44_000);
    expect(story.alerts).toEqual([
      expect.objectContaining({
        id: 'a',
        told: ['Kim', 'provider'],
        openedAt: 20_000,
        deliveredAt: 21_000,
        resolvedAt: 42_000,
      }),
    ]);
    expect(summarise(story.alerts, { polls: 1234, points: undefined }).join('\n')).toContain(
      [
        'polls done     1,234',
        'points stored  unknown',
        'alerts         1 opened and delivered, 1 resolved',
        'access-points-down: 3 of 8 down',
        '  opened 20.0s, delivered 21.0s, resolved 42.0s',
        '  told: Kim, provider; responsible: provider, because it was agreed [infra#0]',
      ].join('\n'),
    );
  });

  it.each<[string, Partial<ToldAlert>[], RegExp | undefined]>([
    ['nothing', [], /no alert was opened/],
    ['another rule', [{ rule: 'x', resolvedAt: 1 }], /threshold d was not told/],
    ['no resolve', [{ rule: 'd' }], /resolve of d was not delivered/],
    ['all of it', [{ rule: 'x' }, { rule: 'd', resolvedAt: 5 }], undefined],
  ])('says what is missing: %s', (_name, alerts, reason) => {
    const problems = missing(
      alerts.map((a) => ({ resolvedAt: undefined, ...a }) as ToldAlert),
      'd',
    );
    expect(problems).toEqual(reason ? [expect.stringMatching(reason)] : []);
  });

  it('sums a metric over its series', () => {
    const text = '# HELP x_total y\nx_total{result="stored",a="}"} 5\nx_total{result="bad"} 2\nx_total_more 9\ny 1e3\n';
    expect(sumMetric(text, 'x_total')).toBe(7);
    expect(sumMetric(text, 'x_total', 'result="stored"')).toBe(5);
    expect(sumMetric(text, 'y')).toBe(1000);
    expect(sumMetric(text, 'z')).toBeUndefined();
  });
});

describe('children', () => {
  const child = (script: string, lines: string[] = []): Child =>
    Child.start({
      name: 'child',
      args: ['-e', script],
      logFile: join(dir, 'child.log'),
      clock: systemClock,
      onOut: (line) => lines.push(line),
    });

  it('hand over their output, keep their log in a file, and say how they ended', async () => {
    const lines: string[] = [];
    const one = child('console.log("out"); console.error("why"); process.exit(3)', lines);
    expect(await one.ended).toEqual({ ok: false, how: 'ended with exit code 3' });
    expect(lines).toEqual(['out']);
    expect(one.tail).toEqual(['why']);
    await expect.poll(() => readFileSync(join(dir, 'child.log'), 'utf8')).toBe('why\n');
  });

  it('stop on SIGTERM, and stopping what has ended does nothing', async () => {
    const lines: string[] = [];
    const one = child('console.log("up"); setInterval(() => {}, 1000)', lines);
    await expect.poll(() => lines, { timeout: 10_000 }).toEqual(['up']);
    await one.stop();
    await one.stop();
    expect(await one.ended).toEqual({ ok: false, how: 'was ended by SIGTERM' });
  });

  it('are killed when they do not heed SIGTERM', async () => {
    const lines: string[] = [];
    const one = child('process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)', lines);
    await expect.poll(() => lines, { timeout: 10_000 }).toEqual(['up']);
    await one.stop();
    expect(await one.ended).toEqual({ ok: false, how: 'was ended by SIGKILL' });
  });
});

it('knows the address in a log line, and no other line', () => {
  expect(listeningUrl('{"level":30,"msg":"listening","url":"http://127.0.0.1:8080"}')).toBe('http://127.0.0.1:8080');
  for (const line of ['{"msg":"started","url":"x"}', '{"msg":"listening"}', 'Error: x', 'null'])
    expect(listeningUrl(line)).toBeUndefined();
});

it('tells a free port from one in use', async () => {
  const port = await freePort();
  expect(await isFree(port)).toBe(true);
  const server = createServer().listen(port, '127.0.0.1');
  await expect.poll(() => server.listening).toBe(true);
  expect(await isFree(port)).toBe(false);
  await new Promise((done) => server.close(done));
});
