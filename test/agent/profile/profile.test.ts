import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeProfile } from '../../../agent/profile/decode.ts';
import { BUNDLED_PROFILES, GENERIC_PROFILE, loadProfiles } from '../../../agent/profile/load.ts';
import { formatProblem } from '../../../runtime/config-file.ts';

describe('decodeProfile', () => {
  it('reads scalars, tables and tags in old and new spelling', () => {
    const { profile, warnings } = decodeProfile(
      `
metrics:
  - {OID: .1.3.6.1.2.1.33.1.2.4.0, name: upsEstimatedChargeRemaining, forced_type: gauge}
  - {symbol: {OID: 1.3.6.1.2.1.1.3.0, name: sysUpTimeInstance}}
  - MIB: X-MIB
    table: xTable
    forced_type: monotonic_count
    symbols: [{OID: 1.3.6.1.4.1.9.1, name: a}, {OID: 1.3.6.1.4.1.9.2, name: b, metric_type: gauge}]
    metric_tags: [{tag: slot, index: 2}, {tag: port, column: {OID: 1.3.6.1.4.1.9.3, name: c}}]
`,
      'dir/x.yaml',
    );
    expect(warnings).toEqual([]);
    expect(profile).toEqual({
      file: 'x.yaml',
      extends: [],
      scalars: [
        { oid: '1.3.6.1.2.1.33.1.2.4.0', name: 'upsEstimatedChargeRemaining', type: 'gauge' },
        { oid: '1.3.6.1.2.1.1.3.0', name: 'sysUpTimeInstance', type: undefined },
      ],
      texts: [],
      deviceTags: [],
      tables: [
        {
          name: 'xTable',
          symbols: [
            { oid: '1.3.6.1.4.1.9.1', name: 'a', type: 'monotonic_count' },
            { oid: '1.3.6.1.4.1.9.2', name: 'b', type: 'gauge' },
          ],
          tags: [
            { tag: 'slot', index: 2 },
            { tag: 'port', column: { oid: '1.3.6.1.4.1.9.3', name: 'c', type: undefined } },
          ],
        },
      ],
    });
  });

  it('reports keys that it does not use with their line, and reads the rest', () => {
    const text = `licensing: []
metrics:
  - symbol:
      OID: 1.3.6.1.2.1.1.3.0
      name: up
      scale_factor: 0.01
`;
    const { profile, warnings } = decodeProfile(text, 'x.yaml');
    expect(profile.scalars).toHaveLength(1);
    expect(warnings.map(formatProblem)).toEqual([
      'x.yaml:1:12: licensing: expected a key that is used, got "licensing", ignored',
      'x.yaml:6:21: metrics[0].symbol.scale_factor: expected a key that is used, got "scale_factor", ignored',
    ]);
  });
});

describe('loadProfiles', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bw-profiles-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const scalar = (oid: string, name: string): string => `metrics: [{symbol: {OID: ${oid}, name: ${name}}}]\n`;

  it('the bundled ones load without a warning', () => {
    const { profiles, warnings, disabled } = loadProfiles(BUNDLED_PROFILES);
    expect([warnings, disabled]).toEqual([[], []]);
    expect(profiles.get(GENERIC_PROFILE)?.tables.map((t) => t.name)).toEqual(['ifTable', 'ifXTable']);
    expect([...profiles.keys()].filter((n) => n.startsWith('_'))).toEqual([]);
  });

  it('a bad file disables itself and what extends it, and says where', () => {
    write('good.yaml', scalar('1.3.6.1.1.0', 'a'));
    write('bad.yaml', 'metrics:\n  - symbol: {OID: not-an-oid, name: a}\n');
    write('child.yaml', 'extends: [bad.yaml]\n');
    write('broken.yaml', 'metrics: [\n');
    const { profiles, disabled } = loadProfiles(folder);
    expect([...profiles.keys()]).toEqual(['good.yaml']);
    expect(disabled).toHaveLength(3);
    expect(disabled.join('\n')).toMatch(/bad\.yaml:2:\d+: .*an OID of numbers[\s\S]*child\.yaml extends bad\.yaml/);
  });

  it('extends depth first, later over earlier, the file itself last', () => {
    write('_a.yaml', scalar('1.3.6.1.1.0', 'a'));
    write('_b.yaml', `extends: [_a.yaml]\n${scalar('1.3.6.1.2.0', 'b')}`);
    write('c.yaml', 'extends: [_b.yaml]\nmetrics: [{symbol: {OID: 1.3.6.1.1.0, name: a, metric_type: gauge}}]\n');
    expect(loadProfiles(folder).profiles.get('c.yaml')?.scalars).toEqual([
      { oid: '1.3.6.1.1.0', name: 'a', type: 'gauge' },
      { oid: '1.3.6.1.2.0', name: 'b', type: undefined },
    ]);
  });

  it('a circle disables its members and names it', () => {
    write('a.yaml', 'extends: [b.yaml]\n');
    write('b.yaml', 'extends: [a.yaml]\n');
    write('c.yaml', scalar('1.3.6.1.1.0', 'a'));
    const { profiles, disabled } = loadProfiles(folder);
    expect([...profiles.keys()]).toEqual(['c.yaml']);
    expect(disabled[0]).toContain('a.yaml > b.yaml > a.yaml');
  });

  it('a folder that is not there is said, not thrown', () => {
    expect(loadProfiles(join(folder, 'none')).disabled).toHaveLength(1);
  });
});
