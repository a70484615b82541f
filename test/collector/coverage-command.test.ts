import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { printCoverage } from '../../collector/coverage-command.ts';
import { schoolOfArgument } from '../../collector/school-argument.ts';
import { ROOT } from '../support/source-files.ts';

const school = (id: string, indent = '') =>
  `school: ${id}
tz: America/New_York
parties:
  internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }
  provider: { contacts: [noc], coverage: always }
safety_net: [kim, noc]
base: { owner: internal }
engagements:
  - id: wireless
    kind: domain
    status: approved
    approvals: [internal, provider]
    grants: [{ owner: provider, scope: { domain: wireless }, when: { weekly: { days: [sat, sun], from: "00:00", to: "24:00" } } }]
`.replace(/^(?=.)/gm, indent);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'coverage-'));
  writeFileSync(join(dir, 'one.yaml'), school('hilltop'));
  writeFileSync(join(dir, 'several.yaml'), `a:\n${school('hilltop', '  ')}b:\n${school('valley', '  ')}`);
  writeFileSync(join(dir, 'bad.yaml'), school('hilltop').replace('[internal, provider]', '[provider]'));
  writeFileSync(join(dir, 'feed.yaml'), `${school('hilltop')}calendars: { district: { file: nowhere.ics } }\n`);
});
afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => void vi.restoreAllMocks());

/** What the command prints, and its exit code. */
function run(config: string, options: Partial<Parameters<typeof printCoverage>[1]> = {}) {
  const said = { out: '', err: '' };
  for (const [stream, name] of [
    [process.stdout, 'out'],
    [process.stderr, 'err'],
  ] as const)
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const code = printCoverage(config, { from: '2027-02-01', days: '28', json: false, ...options });
  vi.restoreAllMocks();
  return { code, ...said };
}

describe('coverage', () => {
  it('prints who answers when, hand-overs and gaps, in the school’s zone and within 100 columns', () => {
    const { code, out, err } = run(join(dir, 'one.yaml'));
    expect([code, err]).toEqual([0, '']);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(out).toBe(`hilltop, Mon 1 Feb 2027, 00:00 to Mon 1 Mar 2027, 00:00 (America/New_York)

Who answers
  wan, routing, switching, cabling, power, environment, dns_dhcp, test_platform, inventory, daily,
    agent
    Mon 1 Feb 2027 to Sun 28 Feb 2027      all day      internal (base)
  wireless
    Mon 1 Feb 2027 to Sun 28 Feb 2027
      Mon-Fri       all day      internal (base)
      Sat, Sun      all day      provider (wireless#0)

Hand-overs
  4 times at 00:00, from Sat 6 Feb 2027 to Sat 27 Feb 2027
    internal to provider (wireless#0): wireless
  Mon 8 Feb 2027, 00:00; Mon 15 Feb 2027, 00:00; Mon 22 Feb 2027, 00:00
    provider to internal (base): wireless

Nobody of the owner on duty
  internal, for wan, routing, switching, cabling, power, environment, dns_dhcp, test_platform,
    inventory, daily, agent
    21 times, 20d 12h in all; the longest Fri 5 Feb 2027, 16:00 to Mon 8 Feb 2027, 07:00
    critical: provider is told at once; info, warning: held for internal, at most 16h, then provider
  internal, for wireless
    24 times, 12d 12h in all; the longest Mon 1 Feb 2027, 16:00 to Tue 2 Feb 2027, 07:00
    critical: provider is told at once; info, warning: held for internal
`);
  });

  it('as JSON for one domain, instants in UTC', () => {
    const { out } = run(join(dir, 'one.yaml'), { json: true, domain: 'wireless', from: '2027-02-05T12:00', days: '1' });
    expect(JSON.parse(out)).toEqual({
      school: 'hilltop',
      zone: 'America/New_York',
      start: '2027-02-05T17:00:00.000Z',
      end: '2027-02-06T17:00:00.000Z',
      domains: [
        {
          domain: 'wireless',
          severities: ['info', 'warning', 'critical'],
          spans: [
            { start: '2027-02-05T17:00:00.000Z', end: '2027-02-06T05:00:00.000Z', owner: 'internal', why: 'base' },
            {
              start: '2027-02-06T05:00:00.000Z',
              end: '2027-02-06T17:00:00.000Z',
              owner: 'provider',
              why: 'wireless#0',
            },
          ],
          gaps: [
            {
              start: '2027-02-05T21:00:00.000Z',
              end: '2027-02-06T05:00:00.000Z',
              owner: 'internal',
              acting: 'provider',
            },
          ],
        },
      ],
      handovers: [
        {
          at: '2027-02-06T05:00:00.000Z',
          from: 'internal',
          to: 'provider',
          why: 'wireless#0',
          lanes: [{ domain: 'wireless', severities: ['info', 'warning', 'critical'] }],
        },
      ],
      not_foreseeable: [],
      not_shown: [],
    });
  });

  it.each([
    [{ from: 'soon' }, '--from: expected a date such as 2026-10-01, or 2026-10-01T08:00, got "soon"'],
    [{ days: '0' }, '--days: expected a whole number from 1 to 1000, got "0"'],
    [{ days: '1.5' }, '--days: expected a whole number from 1 to 1000, got "1.5"'],
    [{ domain: 'wifi' }, '--domain: expected one of wan, routing,'],
  ])('refuses %o', (options, said) => {
    const { code, out, err } = run(join(dir, 'one.yaml'), options);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`coverage: ${said}`);
  });
});

describe('a school on the command line is', () => {
  let collector: string;
  beforeAll(() => {
    collector = join(dir, 'collector.yaml');
    const folders = { rules: [join(ROOT, 'config/rules')], schools: [join(ROOT, 'config/engagements')] };
    writeFileSync(collector, JSON.stringify(folders));
  });
  const at = (name: string): string => join(dir, name);

  it.each([
    ['a file of one', () => schoolOfArgument(at('one.yaml')), 'hilltop'],
    ['a key of a file of several', () => schoolOfArgument(`${at('several.yaml')}#b`), 'valley'],
    ['one of a collector’s', () => schoolOfArgument(collector, { school: 'roosevelt-k8' }), 'roosevelt-k8'],
    ['one with an error, for who only asks', () => schoolOfArgument(at('bad.yaml')), 'hilltop'],
  ])('%s', (_what, read, name) => expect(read().school).toBe(name));

  it('read with the calendars it gives as files', () => {
    const { calendars } = schoolOfArgument(collector, { school: 'roosevelt-k8' });
    const district = calendars.get('district')!.events;
    // No test days of those that were cancelled, and the board's meetings have no category of ours.
    expect(district.filter(({ categories }) => categories.includes('TESTING')).map(({ summary }) => summary)).toEqual([
      'State assessment window, grades 3 to 8',
      'State assessment window, grades 3 to 8',
    ]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'a file that is not there',
      () => schoolOfArgument(at('none.yaml')),
      'none.yaml:1:1: expected a readable file, got',
    ],
    ['no key of several', () => schoolOfArgument(at('several.yaml')), 'with #KEY after it, got the keys a, b ('],
    [
      'a key that is not there',
      () => schoolOfArgument(`${at('several.yaml')}#c`),
      'one of the keys of this file after # (a, b), got "c"',
    ],
    ['no school of many', () => schoolOfArgument(collector), 'expected --school with one of adams-ms, '],
    [
      'another than the file’s',
      () => schoolOfArgument(at('one.yaml'), { school: 'x' }),
      'the school "x", got "hilltop"',
    ],
    [
      'one with an error, where errors are refused',
      () => schoolOfArgument(at('bad.yaml'), { refuseErrors: true }),
      'bad.yaml:12:16: engagements[0].approvals: expected the approval of internal',
    ],
    [
      'one whose calendar cannot be read',
      () => schoolOfArgument(at('feed.yaml')),
      'feed.yaml:14:32: calendars.district.file: expected a readable iCalendar file, got ENOENT',
    ],
  ])('not %s', (_what, read, said) => expect(read).toThrow(said));
});
