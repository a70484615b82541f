import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_HANDOVER } from '../../../collector/engagement/school.ts';
import { loadSchoolAt, loadSchools, parseSchool, type SchoolCheck } from '../../../collector/engagement/school-file.ts';
import { ConfigError } from '../../../runtime/config-error.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'schools-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const GOOD = `school: hilltop
tz: America/Chicago
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: [{ weekly: { days: [mon, sun], from: "07:30", to: "24:00" } }] }
contacts:
  kim: { name: Kim Lee, channels: [{ type: webhook, url: "https://hooks.example.org/kim", secret: "${SECRET}" }] }
  noc: { channels: [{ type: webhook, url: "https://hooks.example.net/noc", secret: "${SECRET}" }] }
safety_net: [noc]
base: { owner: internal }
engagements:
  - id: infra
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-07-01
    until: 2027-07-01
    grants:
      - { owner: provider, scope: { domain: wireless, severity: ">=warning", zone: ["a/*", b] } }
`;

function problemsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.replaceAll(`${folder}/`, '').split('\n');
    throw error;
  }
  return [];
}

const problems = (from: string | RegExp, to: string) => {
  const text = GOOD.replace(from, to);
  expect(text).not.toBe(GOOD);
  return problemsOf(() => parseSchool(text, 'x.yaml'));
};

describe('school files', () => {
  it('reads parties, contacts, coverage and engagements, dates in the zone of the school', () => {
    const school = parseSchool(GOOD, 'x.yaml');
    expect(school).toMatchObject({
      school: 'hilltop',
      tz: 'America/Chicago',
      safetyNet: ['noc'],
      base: { owner: 'internal' },
      passUncoveredAt: 'critical',
      maxHoldMs: 16 * 3_600_000,
    });
    expect([...school.parties.keys()]).toEqual(['internal', 'provider']);
    expect(school.parties.get('provider')!.coverage).toEqual([{ days: [1, 0], from: 450, to: 1440 }]);
    expect(school.contacts.get('noc')).toMatchObject({ id: 'noc', name: 'noc' });
    expect(school.engagements).toEqual([
      {
        id: 'infra',
        kind: 'domain',
        status: 'approved',
        approvals: ['internal', 'provider'],
        approvedAt: Date.parse('2026-07-01T00:00-05:00'),
        from: -Infinity,
        until: Date.parse('2027-07-01T00:00-05:00'),
        grants: [
          {
            id: 'infra#0',
            owner: 'provider',
            priority: 200,
            scope: { domain: ['wireless'], severity: ['warning', 'critical'], zone: ['a/*', 'b'] },
            handover: DEFAULT_HANDOVER,
          },
        ],
      },
    ]);
  });

  it.each<[string, string | RegExp, string, string]>([
    ['no base', 'base: { owner: internal }\n', '', 'x.yaml:1:1: base: expected a mapping, got nothing'],
    ['an empty safety net', 'safety_net: [noc]', 'safety_net: []', 'safety_net: expected at least 1 entry'],
    [
      'an unknown zone',
      'America/Chicago',
      'America/Gotham',
      'x.yaml:2:5: tz: expected a time zone such as America/New_York, got "America/Gotham"',
    ],
    [
      'an unknown base owner',
      'owner: internal }\neng',
      'owner: nobody }\neng',
      'base.owner: expected a party (internal, provider), got "nobody"',
    ],
    ['an unknown grant owner', 'owner: provider, scope', 'owner: vendor, scope', 'grants[0].owner: expected a party'],
    [
      'an unknown contact of a party',
      'contacts: [kim]',
      'contacts: [tim]',
      'x.yaml:4:26: parties.internal.contacts[0]: expected one of the contacts (kim, noc), got "tim"',
    ],
    [
      'an unknown contact in the safety net',
      '[noc]\nbase',
      '[noc, head]\nbase',
      'safety_net[1]: expected one of the contacts',
    ],
    ['an unknown domain', 'domain: wireless', 'domain: wifi', 'scope.domain: expected domains (infrastructure, wan'],
    ['an unknown domain in a list', 'domain: wireless', 'domain: [wireless, wifi]', 'scope.domain: expected domains'],
    [
      'a stranger among the approvals',
      '[internal, provider]\n',
      '[internal, provider, me]\n',
      'approvals[2]: expected a party',
    ],
    [
      'an end before the start',
      'until: 2027',
      'from: 2028-01-01\n    until: 2027',
      'until: expected a time after `from`',
    ],
    ['a day that does not exist', '2027-07-01', '2027-02-30', 'until: expected a date such as'],
    ['a time that does not exist', '07:30', '7:30', 'weekly.from: expected a time such as 07:30'],
    [
      'a contact without channel',
      /channels: \[\{ type: webhook, url: "https:\/\/hooks.example.net[^\n]*\]/,
      'channels: []',
      'contacts.noc.channels: expected at least 1 entry',
    ],
    ['a reserved party name', /provider/g, 'other', 'parties.other: expected a party name'],
    ['a window without length', '24:00', '07:30', 'weekly.to: expected another time'],
  ])('refuses %s', (_name, from, to, expected) => {
    expect(problems(from, to).join('\n')).toContain(expected);
  });

  it('reads one school of a file of several, and refuses it at its lines', () => {
    const file = join(folder, 'several.yaml');
    const under = (key: string, text: string) => `${key}:\n${text.replace(/^/gm, '  ')}\n`;
    writeFileSync(file, under('good', GOOD) + under('bad', GOOD.replace('owner: internal }', 'owner: nobody }')));
    expect(loadSchoolAt(file, 'good').school).toBe('hilltop');
    expect(problemsOf(() => loadSchoolAt(file, 'bad'))).toEqual([
      'several.yaml:32:18: bad.base.owner: expected a party (internal, provider), got "nobody"',
    ]);
    const check: SchoolCheck = (_school, problem) => [problem(['engagements', 0, 'until'], 'another', 'this')];
    expect(problemsOf(() => loadSchoolAt(file, 'good', { check }))).toEqual([
      'several.yaml:18:14: good.engagements[0].until: expected another, got this',
    ]);
  });

  it.each([
    ['{ type: pager }', 'contacts.kim.channels[0].type: expected one of webhook, email, slack, discord'],
    ['{ url: "https://a.example/" }', 'contacts.kim.channels[0].type: expected one of webhook, email'],
    ['{ type: email, to: kim }', 'contacts.kim.channels[0].to: expected a mail address such as kim@example.org'],
    ['{ type: email, to: a@example.org, url: x }', 'contacts.kim.channels[0].url: expected no such key here'],
    ['{ type: slack }', 'contacts.kim.channels[0].url: expected an http(s) URL, got nothing'],
    ['{ type: ntfy, url: "https://ntfy.sh/a/b" }', 'contacts.kim.channels[0].url: expected the URL of a topic'],
    [
      '{ type: pushover, token: short, user_key: short }',
      'channels[0].token: expected 30 letters and digits, got a value that',
    ],
    ['{ type: pagerduty, routing_key: short }', 'expected 32 letters and digits, got a value that is not shown'],
    ['{ type: twilio, to: +15551230100 }', 'contacts.kim.channels[0].to: expected a number in E.164 form'],
    ['{ type: alertmanager, url: "http://am.lan:9093", user: a }', 'channels[0].user: expected both user and password'],
  ])('refuses the channel %s', (channel, expected) => {
    const found = problems(/(kim: \{ name: Kim Lee, channels: \[)\{.*\}\]/, `$1${channel}]`).join('\n');
    expect(found).toMatch(/^x\.yaml:7:\d+: /);
    expect(found).toContain(expected);
  });

  it('takes secrets of channels from variables and files', () => {
    const [token, userKey] = ['t'.repeat(30), 'u'.repeat(30)];
    writeFileSync(join(folder, 'kim.token'), `${token}\n`);
    const channel = '{ type: pushover, token_file: kim.token, user_key: "${KIM_PUSHOVER}" }';
    const text = GOOD.replace(/(kim: \{ name: Kim Lee, channels: \[)\{.*\}\]/, `$1${channel}]`);
    const school = parseSchool(text, join(folder, 'x.yaml'), { env: { KIM_PUSHOVER: userKey } });
    expect(school.contacts.get('kim')?.channels).toEqual([
      {
        type: 'pushover',
        address: userKey,
        url: 'https://api.pushover.net',
        secrets: [token],
        settings: { url: 'https://api.pushover.net' },
      },
    ]);
  });

  it('never shows a URL that is wrong beyond its host: its path may be the secret', () => {
    const slack = '{ type: slack, url: "htps://hooks.slack.com/services/T0/B0/secretpath" }';
    const found = problems(/(kim: \{ name: Kim Lee, channels: \[)\{.*\}\]/, `$1${slack}]`).join();
    expect(found).toContain('url: expected an http(s) URL, got "htps://hooks.slack.com/..."');
  });

  it('never shows a secret that is wrong', () => {
    const found = problems(SECRET, 'whsec_tooshortbutsecret');
    expect(found.join()).toContain('channels[0].secret: expected a Standard Webhooks secret');
    expect(found.join()).not.toContain('tooshortbutsecret');
  });

  it('lists every problem of all files at once; two files for one school are one', () => {
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const again = GOOD.replace('    grants:', '    grants:\n      - { owner: internal, scope: {} }');
    const bad = GOOD.replace('hilltop', 'valley')
      .replace('id: infra', 'id: infra x')
      .replace('domain: wireless', 'domain: wifi')
      .replace('America/Chicago', 'Nowhere');
    const found = problemsOf(() => loadSchools([file('a.yaml', GOOD), file('b.yaml', again), file('c.yaml', bad)]));
    expect(found).toHaveLength(4);
    expect(found[0]).toBe('b.yaml:1:9: school: expected a school of its own in each file, got "hilltop", as a.yaml');
    expect(found.slice(1).every((line) => line.startsWith('c.yaml:'))).toBe(true);
  });

  it('two engagements cannot have one id', () => {
    const twice = GOOD + GOOD.slice(GOOD.indexOf('  - id: infra'));
    expect(problemsOf(() => parseSchool(twice, 'x.yaml'))).toEqual([
      'x.yaml:20:9: engagements[1].id: expected an id of its own (engagements[0] has it), got "infra"',
    ]);
  });

  it('takes several secrets for one webhook, the new one first, while a receiver changes over', () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    const text = GOOD.replace(`secret: "${SECRET}"`, `secret: ["${other}", "${SECRET}"]`);
    expect(parseSchool(text, 'x.yaml').contacts.get('kim')?.channels[0]?.secrets).toEqual([other, SECRET]);
  });
});
