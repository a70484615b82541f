import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { probeSnmprec } from '../../support/snmprec.ts';

/** `snmprec`: what the device answers. `facts`: what a probe must find, at least; lists are given whole. */
interface Fixture {
  readonly snmprec: string;
  readonly facts: Record<string, unknown>;
}

const folder = join(import.meta.dirname, 'fixtures');
const library = new ProfileLibrary(loadProfiles());

describe('a device of each kind, small and made up', () => {
  it.each(readdirSync(folder).sort())('%s', async (file) => {
    const { snmprec, facts } = parse(readFileSync(join(folder, file), 'utf8')) as Fixture;
    const answer = await probeSnmprec(library, snmprec);
    expect(answer.outcome).toBe('ok');
    expect(answer.facts).toMatchObject(facts);
  });
});
