import { describe, expect, it } from 'vitest';
import { DOMAINS, inDomain, isLeafDomain } from '../../core/domain.ts';
import { matchesGlob, matchesScope, type Scope } from '../../core/matcher.ts';

describe('matchesGlob', () => {
  it.each([
    ['*uplink*', 'Uplink to core', true],
    ['MR*', 'mr46', true],
    ['main/*', 'main/idf1', true],
    ['main/*', 'annex/idf1', false],
    ['Gi1/0/?', 'gi1/0/7', true],
    ['Gi1/0/?', 'gi1/0/17', false],
    ['a.c', 'abc', false],
    ['(x)+[y]', '(x)+[y]', true],
    ['', '', true],
  ])('%j on %j: %s', (glob, value, expected) => expect(matchesGlob(glob, value)).toBe(expected));
});

describe('matchesScope', () => {
  const tags = { role: 'ap', zone: 'main/idf1' };
  it.each<[Scope, boolean]>([
    [{}, true],
    [{ role: 'ap' }, true],
    [{ role: ['switch', 'ap'] }, true],
    [{ role: '!ap' }, false],
    [{ role: ['!ap', '!switch'] }, false],
    [{ role: ['!router', '!switch'] }, true],
    [{ role: ['a*', '!ap'] }, false],
    [{ role: ['a*', '!as'] }, true],
    [{ role: ['!ap', '!switch'] }, false],
    [{ role: ['!router', '!switch'] }, true],
    [{ role: ['a*', '!ap'] }, false],
    [{ role: ['a*', '!as'] }, true],
    [{ role: '!switch', zone: 'main/*' }, true],
    [{ missing: '*' }, true],
    [{ missing: '?*' }, false],
  ])('%j: %s', (scope, expected) => expect(matchesScope(scope, tags)).toBe(expected));
});

describe('domains', () => {
  it('form a tree of two levels', () => {
    expect(inDomain('cabling', 'infrastructure')).toBe(true);
    expect(inDomain('infrastructure', 'cabling')).toBe(false);
    expect(inDomain('daily', 'daily')).toBe(true);
    expect(DOMAINS.filter((d) => !isLeafDomain(d))).toEqual(['infrastructure', 'services']);
  });
});
