import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { withCalendarFiles } from '../../collector/calendar-files.ts';
import { CHANNEL_TYPES, channelSchema } from '../../collector/engagement/channel-schema.ts';
import { lintSchool } from '../../collector/engagement/lint/lint.ts';
import { FINDING_CODES } from '../../collector/engagement/lint/lint-finding.ts';
import { loadSchools } from '../../collector/engagement/school-file.ts';
import { schoolSchema } from '../../collector/engagement/school-schema.ts';
import { loadConfig } from '../../runtime/config-file.ts';
import { ROOT } from '../support/source-files.ts';

/** The examples are of the school year 2026/27; they are looked at as on this day. */
const NOW = Date.parse('2026-11-24T14:00Z');
const folder = join(ROOT, 'config/engagements');
const files = readdirSync(folder).map((name) => join(folder, name));
const examples = files.map((file) => [file.slice(folder.length + 1), loadSchools([file])[0]!, file] as const);

/** Every key of the school's schema, as `engagements[].grants[].when[].lead`. */
function keysOfSchema(schema: unknown, path = ''): string[] {
  // What zod calls its parts is the one thing here that is not ours.
  const s = schema as { def: Record<string, unknown> & { type: string } };
  const { def } = s;
  const inside = (part: unknown, to = path): string[] => (part ? keysOfSchema(part, to) : []);
  switch (def.type) {
    case 'object':
      return Object.entries(def['shape'] as Record<string, unknown>).flatMap(([key, part]) => [
        `${path}.${key}`,
        ...inside(part, `${path}.${key}`),
      ]);
    case 'record':
      return inside(def['valueType'], `${path}.*`);
    case 'array':
      return inside(def['element'], `${path}[]`);
    case 'union':
      return (def['options'] as unknown[]).flatMap((option) => inside(option));
    case 'pipe':
      return inside(def['in']);
    default:
      return inside(def['innerType']);
  }
}

function keysOfValue(value: unknown, path = ''): string[] {
  if (Array.isArray(value))
    return value.flatMap((item) => [...keysOfValue(item, `${path}[]`), ...keysOfValue(item, path)]);
  if (value === null || typeof value !== 'object') return [];
  const named = /\.(parties|contacts|calendars)$/.test(path);
  return Object.entries(value).flatMap(([key, item]) => {
    const to = `${path}.${named ? '*' : key}`;
    return [to, ...keysOfValue(item, to)];
  });
}

/** One is as good as a list of one, what stands on a grant may stand on its engagement, and the like. */
function general(path: string): string {
  return path
    .replaceAll('[]', '')
    .replace(/^\.engagements\.grants(?=\.(priority|informed|ladder|sla|handover))/, '.engagements')
    .replace('.scope.not.', '.scope.')
    .replace(/\.sla\.(critical|warning|info)(?=\.)/, '.sla')
    .replace(/\.sla\.(critical|warning|info)$/, '.sla');
}

/** Each channel has keys of its own, which docs/channels.md explains with an example of each. */
const CHANNEL_KEY = /^\.contacts\.\*\.channels(?:\[\])?\./;

describe('shipped engagements', () => {
  it.each(examples)('%s has nothing that the linter finds but too few kinds of channel', (_name, school) => {
    const { school: complete, unreadable } = withCalendarFiles(school, NOW);
    expect(unreadable).toEqual([]);
    const found = lintSchool(complete, NOW);
    expect(found).toEqual([]);
  });

  it.each(examples)('%s is named for its school', (name, school) => expect(name).toBe(`${school.school}.yaml`));

  it.each(examples)('%s begins with what was agreed, in words', (_name, _school, file) => {
    expect(readFileSync(file, 'utf8')).toMatch(/^# [A-Z].*\n/);
  });

  it('use every key there is between them', () => {
    const used = new Set(files.flatMap((file) => keysOfValue(loadConfig(file, z.looseObject({})).value)).map(general));
    // The collector reads the shipped files as they are, and would ask the web for it.
    const spared = '.calendars.*.url';
    const all = new Set(keysOfSchema(schoolSchema).map(general));
    const missing = [...all].filter((key) => !used.has(key) && key !== spared && !CHANNEL_KEY.test(key));
    expect(missing).toEqual([]);
  });
});

describe('docs/engagements.md', () => {
  const page = readFileSync(join(ROOT, 'docs/engagements.md'), 'utf8');

  it('explains every key', () => {
    const paths = keysOfSchema(schoolSchema).filter((path) => !CHANNEL_KEY.test(path));
    const keys = new Set(paths.flatMap((path) => path.split('.').slice(-1)));
    expect([...keys].filter((key) => !new RegExp(`\\b${key.replaceAll('[]', '')}\\b`).test(page))).toEqual([]);
  });

  it('explains every finding of the linter', () => {
    expect(FINDING_CODES.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('names every example', () => {
    expect(examples.map(([name]) => name).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('docs/channels.md', () => {
  const page = readFileSync(join(ROOT, 'docs/channels.md'), 'utf8');
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text]) => text!);
  const lists = blocks.filter((text) => text.startsWith('- ')).map((text) => parse(text) as Record<string, unknown>[]);

  it('has an example of every kind of channel', () => {
    expect(lists.flat().map(({ type }) => type)).toEqual([...CHANNEL_TYPES]);
  });

  it.each(lists.flat().map((example) => [example['type'], example] as const))(
    'explains every key of %s',
    (type, example) => {
      const option = channelSchema.options.find((one) => kindOf(one) === type)!;
      const keys = new Set(keysOfSchema(option).map((path) => path.slice(1)));
      const row = page.split('\n').find((line) => line.startsWith(`| \`${type}\` |`)) ?? '';
      expect([...keys].filter((key) => key !== 'type' && !row.includes(`\`${key}\``))).toEqual([]);
      const written = Object.keys(example).map((key) => key.replace(/_file$/, ''));
      expect(written.filter((key) => !keys.has(key))).toEqual([]);
    },
  );
});

/** The kind of channel that one of the schemas is for. */
function kindOf(schema: unknown): unknown {
  const { def } = schema as { def: Record<string, unknown> & { type: string } };
  if (def.type === 'pipe') return kindOf(def['in']);
  return (def['shape'] as { type: { def: { values: unknown[] } } }).type.def.values[0];
}
