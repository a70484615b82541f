import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Decision, RouteAlert, RouteState } from '../../../collector/engagement/decision.ts';
import { createResponsibility } from '../../../collector/engagement/responsibility.ts';
import { parseSchool } from '../../../collector/engagement/school-file.ts';

interface Vector {
  readonly name: string;
  readonly config: string | Record<string, unknown>;
  readonly alert: RouteAlert;
  readonly at: string;
  readonly state: RouteState;
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

describe.skipIf(!present)(present ? 'decision vectors' : 'decision vectors: ../shared is absent', () => {
  it.each(vectors.map((vector) => [vector.label, vector] as const))('%s', (_label, vector) => {
    const config = typeof vector.config === 'string' ? examples[vector.config] : vector.config;
    const decision = createResponsibility(parseSchool(JSON.stringify(config), 'school.yaml')).route(
      vector.alert,
      Date.parse(vector.at),
      vector.state,
    );
    const { steps, ...rest } = vector.expect;
    expect(decision).toMatchObject(rest);
    expect(decision.steps).toEqual(steps);
    expect(decision.fault).toBeUndefined();
  });

  it('there are some', () => expect(vectors.length).toBeGreaterThanOrEqual(33));
});
