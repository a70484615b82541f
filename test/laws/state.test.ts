import { expect, it } from 'vitest';
import { productSources, withoutComments } from '../support/source-files.ts';

const sources = productSources().filter((s) => s.path.startsWith('collector/state/'));

/** SQL that only one of the two databases has; what is in it is about that one. */
const ONE_ONLY = /^collector\/state\/(sqlite|postgres|school-transaction|lease-rows)\.ts$/;
const DIALECT =
  /\bpragma\b|\bsqlite_|\browid\b|\bautoincrement\b(?!\()|\bor replace\b|\borReplace\(|\borIgnore\(|\bjulianday\b|\bstrftime\b|\bunixepoch\b|\bifnull\(|\bjson_extract\b|\bdatetime\(|::[a-z]\w*|\bilike\b|\bserial\b|\bjsonb\b|\bnow\(\)\s*(?:at|-|\+)|\bsql`/i;

it.each(sources.filter((s) => !ONE_ONLY.test(s.path)).map((s) => [s.path, s] as const))(
  '%s has no SQL of one database only',
  (_path, source) => expect(DIALECT.exec(withoutComments(source.text))?.[0]).toBeUndefined(),
);

it.each(sources.filter((s) => /migration/.test(s.path)).map((s) => [s.path, s] as const))(
  '%s keeps to the types that both databases have',
  (_path, source) => {
    const types = [...source.text.matchAll(/addColumn\(\s*[^,()]+,\s*'([^']+)'/g)].map((match) => match[1]!);
    const known = ['bigint', 'integer', 'double precision', 'text'];
    expect(types.filter((type) => !known.includes(type))).toEqual([]);
  },
);

it('a transaction of a school is opened in one place', () => {
  // Those that are about no school: tables, accounts, tokens, logins and sessions, what agents were heard when.
  const others =
    /^collector\/(state\/(school-transaction|migrate|sessions|agents|accounts|api-tokens|tokens)|lease-keeper|http\/failed-logins)\.ts$/;
  const strays = productSources()
    .filter((s) => s.path.startsWith('collector/') && !others.test(s.path))
    .filter((s) => /\.transaction\(\)/.test(withoutComments(s.text)));
  expect(strays.map((s) => s.path)).toEqual([]);
});
