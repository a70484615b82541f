import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, formatProblem } from '../../runtime/config-error.ts';
import { loadConfig, parseConfig } from '../../runtime/config-file.ts';
import { byteSize, duration, port, slug } from '../../runtime/config-schema.ts';

const schema = z.strictObject({
  name: slug,
  port: port.default(8080),
  interval: duration.prefault('60s'),
  size: byteSize.optional(),
  secret: z.string().optional(),
  list: z.array(z.strictObject({ kind: z.enum(['a', 'b']), n: z.number().min(1) })).default([]),
  share: z.number().gt(0).lt(100).optional(),
  some: z.array(z.string()).min(1).optional(),
  key: z.string().min(8).optional(),
  old_secret: z.array(z.string().min(8)).optional(),
  tags: z.record(z.string().regex(/^[a-z]+$/, 'a name of small letters'), z.string()).optional(),
  login: z
    .discriminatedUnion('version', [
      z.strictObject({ version: z.enum(['1', '2']) }),
      z.strictObject({ version: z.literal('3') }),
    ])
    .optional(),
});

const problems = (text: string, env: Record<string, string> = {}): string[] => {
  try {
    parseConfig(text, 'x.yaml', schema, { env });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
  return [];
};

describe('parseConfig', () => {
  it('decodes, with units, defaults and the environment', () => {
    const text = 'name: ${NAME}\nport: ${PORT}\ninterval: ${EVERY:-1h30m}\nsize: 2MiB\nsecret: "$${literal} ${NAME}"\n';
    expect(parseConfig(text, 'x.yaml', schema, { env: { NAME: 'lincoln', PORT: '9000' } }).value).toEqual({
      name: 'lincoln',
      port: 9000,
      interval: 5_400_000,
      size: 2 * 1024 ** 2,
      secret: '${literal} lincoln',
      list: [],
    });
  });

  it.each<[string, string, string[]]>([
    [
      'every problem at once, each at its place',
      'name: "no spaces please"\nport: 99999\nlist:\n  - { kind: c, n: 0 }\nextra: 1\n',
      [
        'x.yaml:1:7: name: expected a name of letters, digits, dots, dashes or underscores, at most 63, got "no spaces please"',
        'x.yaml:2:7: port: expected at most 65535, got 99999',
        'x.yaml:4:13: list[0].kind: expected one of a, b, got "c"',
        'x.yaml:4:19: list[0].n: expected at least 1, got 0',
        'x.yaml:5:1: extra: expected no such key here, got unknown key "extra"',
      ],
    ],
    [
      'a missing key, at its parent',
      'list:\n  - n: 1\nname: a\n',
      ['x.yaml:2:5: list[0].kind: expected one of a, b, got nothing'],
    ],
    [
      'a duration without unit',
      'name: a\ninterval: 30\n',
      ['x.yaml:2:11: interval: expected a duration such as 30s, 5m or 1h30m, got 30'],
    ],
    [
      'a duration that is none',
      'name: a\ninterval: soon\n',
      ['x.yaml:2:11: interval: expected a duration such as 30s, 5m or 1h30m, got "soon"'],
    ],
    [
      'a variable that is not set',
      'name: a\nsecret: ${NOPE}\n',
      ['x.yaml:2:9: expected environment variable NOPE to be set, got nothing'],
    ],
    [
      'a secret file that is not there',
      'name: a\nsecret_file: /nonexistent/secret\n',
      [expect.stringMatching(/^x\.yaml:2:14: expected a readable secret file, got ENOENT/) as unknown as string],
    ],
    [
      'broken YAML',
      'name: [a\nport: 1\n',
      [expect.stringMatching(/^x\.yaml:2:\d+: expected valid YAML, got /) as unknown as string],
    ],
    ['a key twice', 'name: a\nname: b\n', ['x.yaml:2:1: expected valid YAML, got Map keys must be unique']],
    [
      'a key and its file',
      'name: a\nsecret: x\nsecret_file: /dev/null\n',
      ['x.yaml:3:1: expected either secret or secret_file, got both'],
    ],
    [
      'a missing variable once',
      'name: a\nkey: ${NOPE}\n',
      ['x.yaml:2:6: expected environment variable NOPE to be set, got nothing'],
    ],
    ['a limit that is not within', 'name: a\nshare: 0\n', ['x.yaml:2:8: share: expected more than 0, got 0']],
    ['no number', 'name: a\nshare: .nan\n', ['x.yaml:2:8: share: expected a number, got NaN']],
    [
      'a list without entries',
      'name: a\nsome: []\n',
      ['x.yaml:2:7: some: expected at least 1 entry, got an empty list'],
    ],
    ['no list', 'name: a\nsome: b\n', ['x.yaml:2:7: some: expected a list, got "b"']],
    [
      'a text that is too short',
      'key: short\nname: a\n',
      ['x.yaml:1:6: key: expected at least 8 characters, got a value that is not shown'],
    ],
    [
      'a secret in a list of secrets',
      'name: a\nold_secret: [long enough, short]\n',
      ['x.yaml:2:27: old_secret[1]: expected at least 8 characters, got a value that is not shown'],
    ],
    [
      'a wrong key of a free mapping',
      'name: a\ntags: { ok: b, A1: c }\n',
      ['x.yaml:2:16: tags.A1: expected a name of small letters, got "A1"'],
    ],
    [
      'an unknown variant',
      'name: a\nlogin: { version: 4 }\n',
      ['x.yaml:2:19: login.version: expected one of 1, 2, 3, got 4'],
    ],
    [
      'an unknown key before a mapping',
      'name: a\nother:\n  b: 1\n',
      ['x.yaml:2:1: other: expected no such key here, got unknown key "other"'],
    ],
    ['a second document', 'name: a\n---\nb: 1\n', ['x.yaml:2:1: expected valid YAML, got a second document']],
    [
      'an alias of nothing',
      'name: *b\n',
      [
        expect.stringMatching(
          /^x\.yaml:1:1: expected aliases of anchors that exist, got Unresolved alias/,
        ) as unknown as string,
      ],
    ],
    ['an empty file', '', ['x.yaml:1:1: name: expected a string, got nothing']],
    ['a list where a mapping belongs', '- a\n', ['x.yaml:1:1: expected a mapping, got a list']],
  ])('names %s', (_name, text, expected) => expect(problems(text)).toEqual(expected));

  it('refuses an alias bomb', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefg'[i]}`).join(',')}]`).join('\n')}\n`;
    expect(problems(bomb)[0]).toMatch(/expected at most 100 uses of an alias/);
  });
});

describe('loadConfig', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'bw-config-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('reads secrets from files next to the config', () => {
    writeFileSync(join(dir, 'key'), 'hush\n');
    writeFileSync(join(dir, 'c.yaml'), 'name: a\nsecret_file: key\n');
    expect(loadConfig(join(dir, 'c.yaml'), schema).value.secret).toBe('hush');
  });

  it('names a file that is not there', () => {
    expect(() => loadConfig(join(dir, 'none.yaml'), schema)).toThrow(
      /none\.yaml:1:1: expected a readable file, got ENOENT/,
    );
  });
});
