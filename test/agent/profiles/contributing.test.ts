import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { probeSnmprec } from '../../support/snmprec.ts';
import { ROOT } from '../../support/source-files.ts';

it('the example in CONTRIBUTING.md is a vendor that works', async () => {
  const text = readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8');
  const [profile, fixture] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map((found) => found[1]!);
  const folder = mkdtempSync(join(tmpdir(), 'bellwether-profiles-'));
  try {
    writeFileSync(join(folder, 'acme.yaml'), profile!);
    const profiles = loadProfiles(folder);
    expect([profiles.warnings, profiles.disabled]).toEqual([[], []]);
    const { snmprec, facts } = parse(fixture!) as { snmprec: string; facts: object };
    expect((await probeSnmprec(new ProfileLibrary(profiles), snmprec)).facts).toMatchObject(facts);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
