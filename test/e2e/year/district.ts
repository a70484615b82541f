import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const CONFIG = join(import.meta.dirname, '../../../config');
const ZONES = ['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Phoenix'];

/** A school of the district, made from one of the shipped examples. */
export interface DistrictSchool {
  readonly id: string;
  /** The example it is made from: how the two sides share the work. */
  readonly model: string;
}

/**
 * Writes `count` school files into `dir`, the shipped examples by turns: each with an id, a zone and telephones of its own, so that a page that
 * reaches another school's people is seen.
 */
export function writeDistrict(dir: string, count: number, uplinks: string): DistrictSchool[] {
  const engagements = join(dir, 'engagements');
  mkdirSync(engagements, { recursive: true });
  cpSync(join(CONFIG, 'calendars'), join(dir, 'calendars'), { recursive: true });
  const examples = readdirSync(join(CONFIG, 'engagements')).filter((name) => name.endsWith('.yaml'));
  return Array.from({ length: count }, (_, i) => {
    const model = examples[i % examples.length]!.replace('.yaml', '');
    const id = `school-${String(i).padStart(2, '0')}`;
    const text = readFileSync(join(CONFIG, 'engagements', `${model}.yaml`), 'utf8')
      .replace(/^school: .*$/m, `school: ${id}`)
      .replace(/^tz: .*$/m, `tz: ${ZONES[i % ZONES.length]}`)
      .replaceAll(/https:\/\/([\w.]+)\//g, `https://${id}.$1/`);
    writeFileSync(join(engagements, `${id}.yaml`), text.includes('topology:') ? text : `${text}\n${uplinks}`);
    return { id, model };
  });
}
