import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Decision, RouteAlert } from '../../../collector/engagement/decision.ts';
import { createResponsibility } from '../../../collector/engagement/route.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';
import { ConfigError } from '../../../runtime/config-file.ts';

interface Vector {
  readonly name: string;
  readonly config: string | Record<string, unknown>;
  readonly alert: RouteAlert;
  readonly at: string;
  readonly state: { readonly claims?: Readonly<Record<string, string>> };
  readonly expect: Partial<Decision>;
}

const folder = resolve(import.meta.dirname, '../../../../shared/engagement');
const present = existsSync(folder);
const read = (name: string) => readFileSync(`${folder}/${name}`, 'utf8');
const examples = present ? (parse(read('examples.yaml')) as Record<string, unknown>) : {};
const vectors = present
  ? ['vectors.json', 'vectors-state.json'].flatMap((file) =>
      (JSON.parse(read(file)) as Vector[]).map((vector, i) => ({ ...vector, label: `${file} ${i}: ${vector.name}` })),
    )
  : [];

/** Why this first cut does not decide the vector; undefined when it must. */
function unsupported(vector: Vector): string | undefined {
  if (vector.state.claims?.[String(vector.alert.id)]) return 'claims by hand';
  try {
    parseSchool(schoolText(vector), 'school.yaml');
    return undefined;
  } catch (error) {
    // Only refusals of keys that are not built yet excuse a vector; any other problem is a fault of the loader.
    if (!(error instanceof ConfigError) || error.problems.some((p) => !p.expected.endsWith('not supported yet')))
      throw error;
    return [...new Set(error.problems.map((p) => p.path.split('.').at(-1)))].join(', ');
  }
}

function schoolText(vector: Vector): string {
  return JSON.stringify(typeof vector.config === 'string' ? examples[vector.config] : vector.config);
}

const sorted = vectors.map((vector) => ({ vector, reason: unsupported(vector) }));
const decided = sorted.filter(({ reason }) => reason === undefined);
const open = sorted.filter(({ reason }) => reason !== undefined);

describe.skipIf(!present)(present ? 'decision vectors' : 'decision vectors: ../shared is absent', () => {
  it.each(decided.map(({ vector }) => [vector.label, vector] as const))('%s', (_label, vector) => {
    const decision = createResponsibility(parseSchool(schoolText(vector), 'school.yaml')).route(
      vector.alert,
      Date.parse(vector.at),
    );
    const { steps, ...rest } = vector.expect;
    expect(decision).toMatchObject(rest);
    expect(decision.steps).toEqual(steps);
    expect(decision.text).toContain(decision.owner);
  });

  it('decides vectors of every kind it claims to support', () => {
    expect(decided.length).toBeGreaterThanOrEqual(8);
  });

  for (const { vector, reason } of open) it.todo(`${vector.label} (not supported yet: ${reason})`);
});
