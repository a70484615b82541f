import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatWarning, lintCheck } from '../../../../collector/engagement/lint/lint-problems.ts';
import { loadSchools } from '../../../../collector/engagement/school-file.ts';
import type { Problem } from '../../../../runtime/config-error.ts';

const NOW = Date.parse('2026-11-24T08:00-06:00');

describe('a file with findings', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lint-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is refused at the lines of its errors; warnings are told with theirs', () => {
    const file = join(folder, 'x.yaml');
    writeFileSync(
      file,
      `school: hilltop
tz: America/Chicago
parties: { internal: { contacts: [kim], coverage: always }, provider: { contacts: [noc], coverage: always } }
safety_net: [kim, noc]
base: { owner: internal }
engagements:
  - { id: infra, kind: domain, status: approved, approvals: [internal], until: 2026-11-26, grants: [{ owner: provider, scope: { domain: wan } }] }
  - { id: load, kind: threshold, status: approved, approvals: [internal, provider], grants: [{ owner: provider, if: { load: { party: internal, over: 8, clear: 9 } } }] }
`,
    );
    const warnings: Problem[] = [];
    const check = lintCheck(NOW, { warn: (warning) => warnings.push(warning) });
    const line = (n: number) => readFileSync(file, 'utf8').split('\n')[n - 1]!;
    expect(() => loadSchools([file], { check })).toThrow(
      [
        `${file}:7:${line(7).indexOf('[internal') + 1}: engagements[0].approvals: expected the approval of provider, or another status than approved, got that of internal only [missing-approval]`,
        `${file}:8:${line(8).indexOf('9 }') + 1}: engagements[1].grants[0].if.load.clear: expected less than over (8): otherwise ownership swings back at once, got 9 [clear-not-below-over]`,
      ].join('\n'),
    );
    expect(warnings.map(formatWarning)).toContain(
      `${file}:7:${line(7).indexOf('2026-11-26') + 1}: warning: engagements[0].until: expected an end more than 3 days away, or none: extending it needs a new approval, got Thu 26 Nov 2026, 00:00 [ends-soon]`,
    );
  });
});
