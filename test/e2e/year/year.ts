import { join } from 'node:path';
import { giveBackMemory } from '../../../runtime/give-back.ts';
import { random } from '../../support/random.ts';
import { planFaults } from './faults.ts';
import { judgeYear, type Verdict } from './judge.ts';
import { People, playYear } from './run.ts';
import { raiseDistrict } from './stage.ts';

const DAY = 86_400_000;
/** The first day of the school year that the shipped calendars speak of. */
const START = Date.parse('2026-08-01T05:00Z');
const FAULTS_PER_SCHOOL_AND_DAY = 0.07;

export interface YearPlan {
  readonly dir: string;
  readonly schools: number;
  readonly days: number;
  readonly seed: number;
  readonly say: (text: string) => void;
}

export interface YearReport extends Verdict {
  readonly schools: number;
  readonly devices: number;
  readonly days: number;
  readonly broken: number;
  readonly samples: number;
  readonly seconds: number;
  /** Heap after a full collection, MiB, at the end of each 30 days. */
  readonly heapMiB: readonly number[];
  readonly rssMiB: readonly number[];
  /** From the end of the second month to the last; 0 in a run that is shorter. */
  readonly heapGrowthPercent: number;
}

/** Plays the district's time, then judges what the phones got by the event log. */
export async function simulateYear({ dir, schools: count, days, seed, say }: YearPlan): Promise<YearReport> {
  const began = performance.now();
  const chance = random(seed);
  const people = new People(join(dir, 'pages.jsonl'), chance);
  const district = await raiseDistrict(dir, count, START, people);
  try {
    const { networks } = district;
    const end = START + days * DAY;
    const perSchool = Math.max(1, Math.round(days * FAULTS_PER_SCHOOL_AND_DAY));
    const faults = planFaults({ start: START, end, schools: count, perSchool }, networks[0]!, chance);
    const heapMiB: number[] = [];
    const rssMiB: number[] = [];
    const schools = district.schools.map(({ id }) => id);
    const { samples } = await playYear(district, people, {
      schools,
      networks,
      faults,
      start: START,
      end,
      onMonth: (month) => {
        giveBackMemory();
        const { heapUsed, rss } = process.memoryUsage();
        heapMiB.push(round(heapUsed / 2 ** 20));
        rssMiB.push(round(rss / 2 ** 20));
        say(`month ${month}: heap ${heapMiB.at(-1)} MiB, ${seconds(began)} s`);
      },
    });
    const verdict = await judgeYear(district.db, schools, people.pages());
    return {
      schools: count,
      devices: networks.flat().length,
      days,
      broken: faults.length,
      samples,
      seconds: seconds(began),
      heapMiB,
      rssMiB,
      heapGrowthPercent: growth(heapMiB),
      ...verdict,
    };
  } finally {
    await district.stop();
  }
}

function growth(readings: readonly number[]): number {
  const [, from] = readings;
  const to = readings.at(-1);
  return from === undefined || to === undefined ? 0 : round((100 * (to - from)) / from);
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
