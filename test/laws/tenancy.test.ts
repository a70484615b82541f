import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { productSources, ROOT } from '../support/source-files.ts';

/** Functions of the state database that routes may call without a school, and why. Everything else takes a `TenantId`, which only the access check makes. */
const OF_NO_SCHOOL: Readonly<Record<string, string>> = {
  isAdminToken: 'a login',
  openSession: 'a login',
  closeSession: 'a login',
  sessionPrincipal: 'a login',
  accountForLogin: 'a login',
  takeTotpStep: 'a login',
  useApiToken: 'a login',
  isPassword: 'a login',
  findIcsLink: 'a link, found by its hash, says which school it is of',
  findAlertLink: 'a link, found by its hash, says which alert of which school it is for',
  useAlertLink: 'the link that was found',
  noteByAlertLink: 'the link that was found',
  appendAudit: 'a refused login, in the chain of the installation',
  installationAudit: "the operator's",
  installationHead: "the operator's",
  listAccounts: "the operator's",
  disableAccount: "the operator's",
  listTokens: "the operator's",
  listApiTokens: "the operator's",
  revokeApiToken: "the operator's",
};

const http = productSources().filter(({ path }) => path.startsWith('collector/http/'));

function valuesFromState(text: string): { readonly name: string; readonly file: string }[] {
  const imports = text.matchAll(/^import \{([^}]+)\} from '\.\.\/(?:\.\.\/)?state\/([a-z-]+\.ts)';/gm);
  return [...imports].flatMap(([, names, file]) =>
    names!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => /^[a-z]/.test(name) && !name.startsWith('type '))
      .map((name) => ({ name, file: file! })),
  );
}

describe('what routes ask the state database', () => {
  it.each(http.map(({ path, text }) => [path, text] as const))('%s', (_path, text) => {
    for (const { name, file } of valuesFromState(text)) {
      if (name in OF_NO_SCHOOL) continue;
      const source = readFileSync(join(ROOT, 'collector/state', file), 'utf8');
      const [, parameters] = new RegExp(`export (?:async )?function ${name}\\(([\\s\\S]*?)\\): `).exec(source) ?? [];
      expect(parameters, `${name} of ${file} takes a TenantId, or stands in OF_NO_SCHOOL with a reason`).toMatch(
        /TenantId/,
      );
    }
  });

  it('none of them builds a query itself', () => {
    const own = http.filter(({ text }) => /\.(?:selectFrom|insertInto|updateTable|deleteFrom)\(/.test(text));
    expect(own.map(({ path }) => path)).toEqual([]);
  });
});

it('only the access check makes a TenantId', () => {
  const makers = productSources().filter(({ text }) => /\bas TenantId\b/.test(text));
  expect(makers.map(({ path }) => path)).toEqual(['collector/access/access.ts']);
});
