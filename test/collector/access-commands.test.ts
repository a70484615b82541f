import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../collector/cli.ts';

let dir: string;
let config: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'accounts-'));
  config = join(dir, 'collector.yaml');
  writeFileSync(config, 'rules: [rules.yaml]\nschools: [school.yaml]\nwebhooks: { allow: ["127.0.0.0/8"] }\n');
  writeFileSync(
    join(dir, 'rules.yaml'),
    'rules:\n  - { name: down, domain: switching, severity: warning, measurement: device, field: down, above: 0, for: 1m, summary: "down" }\n',
  );
  writeFileSync(
    join(dir, 'school.yaml'),
    `school: hilltop
tz: America/New_York
parties:
  internal: { contacts: [kim], coverage: always }
  provider: { contacts: [noc], coverage: always }
safety_net: [kim, noc]
base: { owner: internal }
contacts:
  kim: { channels: [{ type: webhook, url: "http://127.0.0.1:9/a", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo= }] }
  noc: { channels: [{ type: ntfy, url: "http://127.0.0.1:9/b" }] }
`,
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

async function run(...argv: string[]) {
  const said = { out: '', err: '' };
  const spies = (
    [
      ['stdout', 'out'],
      ['stderr', 'err'],
    ] as const
  ).map(([stream, name]) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  await main(argv);
  const code = process.exitCode;
  process.exitCode = 0;
  for (const spy of spies) spy.mockRestore();
  return { code, out: said.out.trim(), err: said.err.trim() };
}

const add = (...more: string[]) => run('account', 'add', '--config', config, '--schools', 'hilltop', ...more);

describe('account', () => {
  it('add prints a password once, which is good for nothing in the database; list, disable', async () => {
    const made = await add('--login', 'Kim', '--role', 'specialist', '--name', 'Kim Lee');
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^\S{20}$/) });
    expect(readFileSync(join(dir, 'data', 'state.db'), 'latin1')).not.toContain(made.out);
    const list = async () => (await run('account', 'list', '--config', config)).out;
    expect(await list()).toBe('kim\tspecialist\tinternal\thilltop\tgood\tnever\tno code\tKim Lee');
    expect(await add('--login', 'kim', '--role', 'director')).toMatchObject({ code: 1, out: '' });
    const other = await run('account', 'password', '--config', config, '--login', 'kim');
    expect([other.code, other.out.length, other.out === made.out]).toEqual([0, 20, false]);
    const totp = await run('account', 'totp', '--config', config, '--login', 'kim');
    expect(totp).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^otpauth:\/\/totp\/Bellwether:kim\?secret=[A-Z2-7]{32}&/),
    });
    expect(await list()).toContain('\tcode\t');
    expect((await run('account', 'totp', '--config', config, '--login', 'kim', '--remove')).out).toBe('');
    expect((await run('account', 'disable', '--config', config, '--login', 'kim')).code).toBe(0);
    expect((await run('account', 'disable', '--config', config, '--login', 'kim')).code).toBe(1);
    expect(await list()).toContain('\tdisabled 20');
  });

  it.each([
    [['--login', 'a b', '--role', 'auditor'], '--login: expected letters'],
    [['--login', 'lee', '--role', 'boss'], '--role: expected one of director, specialist'],
    [
      ['--login', 'lee', '--role', 'auditor', '--schools', 'nowhere'],
      '--schools: unknown nowhere; the configuration has hilltop',
    ],
    [
      ['--login', 'lee', '--role', 'specialist', '--party', 'nobody'],
      '--party: expected a party of hilltop (internal, provider)',
    ],
    // Nobody approves for both sides.
    [
      ['--login', 'lee', '--role', 'director', '--party', 'provider'],
      '--party: expected internal for a director of hilltop',
    ],
    [
      ['--login', 'lee', '--role', 'provider_lead', '--party', 'internal'],
      '--party: expected another party than internal',
    ],
    [['--login', 'lee', '--role', 'auditor', '--party', 'internal'], '--party: an auditor acts for none'],
  ])('add refuses %j', async (more, words) => {
    const refused = await add(...more);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain(words);
  });
});

it('admin-token replace prints a new one', async () => {
  const made = await run('admin-token', 'replace', '--config', config);
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^bwa_/) });
});

describe('token', () => {
  const create = (...more: string[]) => run('token', 'create', '--config', config, ...more);
  it('create --scope prints one for a program; list shows it without; revoke ends it', async () => {
    const made = await create('--scope', 'auditor', '--schools', 'hilltop', '--expires', '30d', '--note', 'export');
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^bwt_/) });
    const listed = (await run('token', 'list', '--config', config)).out;
    expect(listed).toMatch(/^[0-9a-f]{12}\thilltop\tauditor\t.*\tgood until .*\tnever used\texport$/m);
    expect(listed).not.toContain(made.out);
    const id = listed.split('\t')[0]!;
    expect((await run('token', 'revoke', '--config', config, '--id', id)).code).toBe(0);
    expect((await run('token', 'revoke', '--config', config, '--id', id)).code).toBe(1);
    expect((await create('--scope', 'metrics.read')).code).toBe(0);
  });

  it('of an agent is made as before', async () => {
    expect(await create('--school', 'hilltop', '--site', 'main')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^bw_/),
    });
    expect(await create()).toMatchObject({ code: 2 });
  });

  it.each([
    [['--scope', 'everything', '--schools', 'hilltop'], '--scope: expected a role'],
    [['--scope', 'accounts.manage', '--schools', 'hilltop'], 'with the admin token only'],
    [['--scope', 'read,alert.act', '--schools', 'hilltop'], '--party: expected the party that alert.act is done for'],
    [['--scope', 'auditor', '--schools', 'hilltop', '--expires', '366d'], '--expires: expected a duration up to 365d'],
    [['--scope', 'auditor', '--schools', 'hilltop', '--expires', 'never'], '--expires: expected a duration up to 365d'],
    [['--scope', 'auditor'], '--schools: expected one or more of hilltop'],
  ])('create refuses %j', async (more, words) => {
    const refused = await create(...more);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain(words);
  });
});

describe('audit', () => {
  it('verify finds the log whole, and the first broken link of an export or of the database', async () => {
    const verify = (...more: string[]) => run('audit', 'verify', ...more);
    expect(await verify('--config', config)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^the installation: whole, \d+ rows, ends at \d+:[0-9a-f]{64}$/),
    });
    const exported = await run('audit', 'export', '--config', config);
    const lines = exported.out.split('\n');
    const head = exported.err.split(' ').at(-1)!;
    const file = join(dir, 'audit.jsonl');
    const withRows = async (rows: string[], ...more: string[]) => {
      writeFileSync(file, rows.join('\n'));
      return verify(file, ...more);
    };
    expect((await withRows(lines, '--head', head)).code).toBe(0);
    const changed = lines.with(1, lines[1]!.replace('operator', 'nobody'));
    expect(await withRows(changed)).toMatchObject({
      code: 1,
      err: `${file}: broken: line 2: row 2 was changed: its hash is another`,
    });
    expect((await withRows(lines.toSpliced(1, 1))).err).toContain('line 2: row 2 is missing: the next is 3');
    expect((await withRows(lines.toSpliced(1, 0, lines[0]!))).err).toContain('line 2: row 1 stands where 2 should');
    expect((await withRows(lines.slice(0, -1))).code).toBe(0);
    expect((await withRows(lines.slice(0, -1), '--head', head)).err).toContain('its end was cut off');
    expect((await withRows([...lines, '{"x":1}'])).err).toContain('expected a row of an audit log');
    expect((await verify()).code).toBe(1);

    const copy = join(dir, 'state-before.db');
    const db = join(dir, 'data', 'state.db');
    copyFileSync(db, copy);
    const meddled = new DatabaseSync(db);
    meddled.exec("delete from audit where seq = (select max(seq) from audit where chain = '')");
    meddled.close();
    expect((await verify('--config', config)).err).toContain('the installation: broken: it ends at row');
    const more = new DatabaseSync(db);
    more.exec("update audit set detail = '{}' where seq = 2 and chain = ''");
    more.close();
    expect((await verify('--config', config)).err).toContain('line 2: row 2 was changed');
  });
});
