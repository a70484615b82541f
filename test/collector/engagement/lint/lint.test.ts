import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lintSchool } from '../../../../collector/engagement/lint/lint.ts';
import type { School } from '../../../../collector/engagement/school.ts';
import { parseSchool } from '../../../../collector/engagement/school-file.ts';

/** A Tuesday morning. */
const NOW = Date.parse('2026-11-24T08:00-06:00');
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** A school in which there is nothing to find but the kinds of channel. */
const PARTIES = `{ internal: { contacts: [kim], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }] }, provider: { contacts: [noc], coverage: always }, cabler: { contacts: [finch], coverage: always } }`;
const school = (
  engagements: string,
  { parties = PARTIES, net = '[kim, noc]', more = '' } = {},
): string => `school: hilltop
tz: America/Chicago
parties: ${parties}
safety_net: ${net}
base: { owner: internal }
${more}
engagements:
${engagements}
`;
const agreed = 'status: approved, approvals: [internal, provider, cabler], approved_at: 2026-07-01';
const domain = (grants: string, more = ''): string =>
  `  - { id: infra, kind: domain, ${agreed}${more && `, ${more}`}, grants: [${grants}] }`;
const threshold = (grant: string, more = ''): string =>
  `  - { id: seasons, kind: threshold, ${agreed}${more && `, ${more}`}, grants: [${grant}] }`;
const adhoc = (more: string): string =>
  `  - { id: help, kind: adhoc, ${agreed}, ${more}, grants: [{ owner: provider, scope: { zone: "wing-b/*" } }] }`;
const calendar = (events: string): string => `calendars: { district: ${events} }`;
const TESTING = '{ start: 2027-03-08, end: 2027-03-20, categories: TESTING, summary: State tests }';
const CONTACTS = `contacts: { kim: { channels: [&hook { type: webhook, url: "https://hooks.example.org/x", secret: "${SECRET}" }] }, noc: { channels: [*hook] }, finch: { channels: [*hook] } }`;

const findings = (text: string, options = {}) => lintSchool(parseSchool(text, 'x.yaml'), NOW, options);
const codes = (text: string, options = {}): string[] =>
  findings(text, options).map(({ level, code }) => `${level} ${code}`);

const NETWORK = '{ owner: provider, scope: { domain: switching } }';
const two = (second: string): string => PARTIES.replace('[noc]', `[noc, ${second}]`);

describe('finds what the smallest change removes', () => {
  it.each<[string, string, string, string, object?]>([
    ['W few-safety-net-contacts', 'only', school('  []', { net: '[kim]' }), school('  []')],
    [
      'E few-safety-net-contacts',
      'at least two contacts, got kim only',
      school('  []', { net: '[kim]', more: CONTACTS }),
      school('  []', { more: CONTACTS }),
    ],
    [
      'E missing-approval',
      'the approval of cabler, or another status than approved, got that of internal and provider only',
      school(domain('{ owner: cabler, scope: { domain: cabling } }').replace(', cabler]', ']')),
      school(domain('{ owner: cabler, scope: { domain: cabling } }')),
    ],
    [
      'E missing-approval',
      'the approval of internal and provider or cabler, or another status than approved, got none',
      school(domain('{ owner: internal }').replace('[internal, provider, cabler]', '[]')),
      school(domain('{ owner: internal }').replace('approved,', 'draft,')),
    ],
    [
      'E missing-approval',
      'the approval of provider or cabler, or another status',
      school(domain('{ owner: internal }').replace('[internal, provider, cabler]', '[internal]')),
      school(domain('{ owner: internal }')),
    ],
    [
      'E missing-approval',
      'the approval of cabler',
      school(
        domain(`{ owner: provider, ladder: [{ to: finch, after: 10m, transfer: true }] }`).replace(', cabler]', ']'),
      ),
      school(domain(`{ owner: provider, ladder: [{ to: finch, after: 10m }] }`).replace(', cabler]', ']')),
    ],
    [
      'E adhoc-without-until',
      'an end: an ad-hoc',
      school(adhoc('from: 2026-11-01')),
      school(adhoc('from: 2026-11-01, until: 2026-12-19')),
    ],
    [
      'W adhoc-long',
      'an end by Sat 30 Jan 2027, 00:00 (90 days), got Sun 31 Jan 2027, 00:00',
      school(adhoc('from: 2026-11-01, until: 2027-01-31')),
      school(adhoc('from: 2026-11-01, until: 2027-01-30')),
    ],
    [
      'W ends-soon',
      'got Fri 27 Nov 2026, 00:00',
      school(domain(NETWORK, 'until: 2026-11-27')),
      school(domain(NETWORK, 'until: 2026-11-28')),
    ],
    [
      'W ends-in-testing',
      'got Tue 23 Mar 2027, 00:00, with TESTING (State tests) from Mon 8 Mar 2027, 00:00 to Sat 20 Mar 2027, 00:00',
      school(domain(NETWORK, 'until: 2027-03-23'), { more: calendar(`[${TESTING}]`) }),
      school(domain(NETWORK, 'until: 2027-03-24'), { more: calendar(`[${TESTING}]`) }),
    ],
    [
      'E clear-not-below-over',
      'less than over (8): otherwise ownership swings back at once, got 8',
      school(threshold('{ owner: provider, if: { load: { party: internal, over: 8, clear: 8 } } }')),
      school(threshold('{ owner: provider, if: { load: { party: internal, over: 8, clear: 7 } } }')),
    ],
    [
      'W unknown-fact',
      'a fact that `facts` gives (enrolment), got enrollment >= 400, which never holds',
      school(threshold('{ owner: provider, if: { enrollment: ">= 400" } }'), {
        more: 'facts: [{ from: 2026-08-01, enrolment: 431 }]',
      }),
      school(threshold('{ owner: provider, if: { enrolment: ">= 400" } }'), {
        more: 'facts: [{ from: 2026-08-01, enrolment: 431 }]',
      }),
    ],
    [
      'W category-without-event',
      'an event of category TESTING in calendar district by Wed 29 Dec 2027, 08:00, got none after that of Mon 9 Mar 2026',
      school(threshold('{ owner: provider, when: { calendar: district, category: TESTING } }'), {
        more: calendar('[{ start: 2026-03-09, categories: TESTING }, { start: 2027-03-09, categories: START_UP }]'),
      }),
      school(threshold('{ owner: provider, when: { calendar: district, category: [TESTING] } }'), {
        more: calendar(`[${TESTING}]`),
      }),
    ],
    [
      'W unknown-absentee',
      'contacts of provider (noc), got nok',
      school(domain(NETWORK), {
        parties: PARTIES.replace('[noc]', '[noc], absences: [{ who: nok, from: 2026-12-01, to: 2026-12-02 }]'),
      }),
      school(domain(NETWORK), {
        parties: PARTIES.replace('[noc]', '[noc], absences: [{ who: noc, from: 2026-12-01, to: 2026-12-02 }]'),
      }),
    ],
    [
      'E owner-unreachable',
      'a party that can be reached, got provider, which has no contacts',
      school(domain(NETWORK), { parties: PARTIES.replace('[noc]', '[]') }),
      school(domain(NETWORK)),
    ],
    [
      'E owner-unreachable',
      'got provider, of which nobody is on duty until Wed 29 Dec 2027, 08:00',
      school(domain(NETWORK), { parties: PARTIES.replace('[noc], coverage: always', '[noc], coverage: []') }),
      school(domain(NETWORK), {
        parties: PARTIES.replace(
          '[noc], coverage: always',
          '[noc], coverage: [{ weekly: { days: [sun], from: "09:00", to: "10:00" } }]',
        ),
      }),
    ],
    [
      'W second-contact-never-told',
      'a step `to: pat` in the ladder of what provider owns, got none in infra#0: pat is told only while noc is absent',
      school(domain(NETWORK), { parties: two('pat') }),
      school(domain(NETWORK.replace('}', '}, ladder: [{ to: owner, after: 0m }, { to: pat, after: 9m }]')), {
        parties: two('pat'),
      }),
    ],
    [
      'W tie',
      'got infra#0 (provider) and infra#1 (cabler) equal for a cabling warning alert (model mr46, vendor meraki) on Tue 24 Nov 2026, 08:00',
      school(
        domain(
          '{ owner: provider, scope: { vendor: meraki, model: "mr*" } }, { owner: cabler, scope: { vendor: "M*", model: "?R46", domain: cabling } }',
        ).replace('vendor: meraki,', 'vendor: meraki, domain: [cabling, wireless],'),
      ),
      school(
        domain(
          '{ owner: provider, scope: { vendor: meraki, model: "mr*", domain: wireless } }, { owner: cabler, scope: { vendor: "M*", model: "?R46", domain: cabling } }',
        ),
      ),
    ],
    [
      'W tie',
      // Equal only while both windows are as long: from the second start.
      'seasons#0 (provider) and seasons#1 (cabler) equal for a wan warning alert on Mon 18 Jan 2027, 00:00',
      school(
        threshold(
          '{ owner: provider, when: { from: 2027-01-11, to: 2027-01-23 } }, { owner: cabler, when: { from: 2027-01-18, to: 2027-01-30 } }',
        ),
      ),
      school(
        threshold(
          '{ owner: provider, when: { from: 2027-01-11, to: 2027-01-23 } }, { owner: cabler, when: { from: 2027-01-18, to: 2027-01-31 } }',
        ),
      ),
    ],
    [
      'W boundary-into-absence',
      'somebody of internal on duty within linger (3d) of a hand-over to them, got a wan warning alert passes from provider to internal on Thu 17 Dec 2026, 00:00, who is back on Mon 21 Dec 2026, 07:00',
      school(threshold('{ owner: provider, when: { from: 2026-12-14, to: 2026-12-17 } }'), {
        parties: PARTIES.replace('[kim],', '[kim], absences: [{ who: kim, from: 2026-12-16, to: 2026-12-19 }],'),
      }),
      school(threshold('{ owner: provider, when: { from: 2026-12-14, to: 2026-12-17 } }'), {
        parties: PARTIES.replace('[kim],', '[kim], absences: [{ who: kim, from: 2026-12-16, to: 2026-12-19 }],'),
        more: 'linger: 120h',
      }),
    ],
    [
      'W never-wins',
      'another status for an agreement that is over, got Sun 1 Nov 2026, 00:00',
      school(domain(NETWORK, 'until: 2026-11-01')),
      school(domain(NETWORK, 'until: 2026-11-01').replace('approved,', 'ended,')),
    ],
    [
      'W never-wins',
      'a time to come at which it holds, got none',
      school(threshold('{ owner: provider, when: { from: 2026-03-08, to: 2026-03-20 } }')),
      school(threshold('{ owner: provider, when: { from: 2027-03-08, to: 2027-03-20 } }')),
    ],
    [
      'W never-wins',
      'an alert and a time for which it comes first, got infra#1, infra#2 before it, whatever the alert',
      school(
        domain(
          '{ owner: provider, scope: { domain: [wireless, wan] }, priority: 150 }, { owner: internal, scope: { domain: wireless } }, { owner: internal, scope: { domain: wan } }',
        ),
      ),
      school(
        domain(
          '{ owner: provider, scope: { domain: [wireless, wan] }, priority: 150 }, { owner: internal, scope: { domain: wireless } }, { owner: internal, scope: { domain: wan, site: main } }',
        ),
      ),
    ],
    [
      'W never-wins',
      'a scope that no alert can fit',
      school(domain('{ owner: provider, scope: { domain: wan, not: { domain: infrastructure } } }')),
      school(domain('{ owner: provider, scope: { domain: wan, not: { domain: services } } }')),
    ],
  ])('%s: %s', (code, said, bad, good) => {
    const texts = findings(bad).map((f) => `${f.level} ${f.code}: expected ${f.expected}, got ${f.got}`);
    expect(codes(bad)).toContain(code);
    expect(texts.find((text) => text.startsWith(code))).toContain(said);
    expect(codes(good)).toEqual([]);
  });

  it('kinds of channel: an error only where people are declared and there is more than one kind to choose from', () => {
    const level = (text: string, channelTypes?: string[]) =>
      findings(text, channelTypes ? { channelTypes } : {}).find(({ code }) => code === 'few-channel-types')?.level;
    const two = ['webhook', 'email'];
    expect(level(school('  []', { more: CONTACTS }))).toBeUndefined();
    expect(level(school('  []'), two)).toBe('W');
    expect(level(school('  []', { more: CONTACTS }), two)).toBe('E');
  });
});

describe('does not mind', () => {
  it.each([
    [
      'an owner that only another load threshold makes one',
      `{ owner: cabler, if: { load: { party: provider, over: 5, clear: 2 } } }`,
    ],
    ['what a feed that was not read may hold', '{ owner: provider, when: { calendar: web, category: TESTING } }'],
    ['a fact that does not hold yet', '{ owner: provider, if: { enrolment: ">= 400" } }'],
  ])('%s', (_what, grant) => {
    const more =
      'calendars: { web: { url: "https://district.example.org/x.ics" } }\nfacts: [{ from: 2026-01-01, enrolment: 3 }]';
    expect(codes(school(threshold(grant), { more }))).toEqual([]);
  });

  it('a base owner that cannot be reached: others act then', () => {
    expect(codes(school('  []', { parties: PARTIES.replace('[kim]', '[]') }))).toEqual([]);
  });

  it('what the loader never lets through is found all the same', () => {
    const good = parseSchool(school(domain(NETWORK)), 'x.yaml');
    const bad: School = {
      ...good,
      base: { owner: 'nobody' },
      safetyNet: [],
      engagements: good.engagements.map((e) => ({ ...e, grants: e.grants.map((g) => ({ ...g, owner: 'stranger' })) })),
    };
    expect(lintSchool(bad, NOW).map(({ code }) => code)).toEqual(
      expect.arrayContaining(['no-base', 'empty-safety-net', 'unknown-party']),
    );
  });
});

const EXAMPLES = resolve(import.meta.dirname, '../../../../../shared/engagement/examples.yaml');

describe.skipIf(!existsSync(EXAMPLES))('the worked examples of the design', () => {
  const examples = existsSync(EXAMPLES) ? (parse(readFileSync(EXAMPLES, 'utf8')) as Record<string, unknown>) : {};
  it.each(Object.keys(examples))('%s has no error', (key) => {
    const found = lintSchool(parseSchool(JSON.stringify(examples[key]), key), Date.parse('2026-03-01T12:00Z'));
    expect(found.filter(({ level }) => level === 'E')).toEqual([]);
  });
});
