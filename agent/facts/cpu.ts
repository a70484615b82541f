import type { CpuFacts } from '../../core/device-facts.ts';
import { descrOf, lowestRank, type SectionRow } from './section.ts';

/**
 * Processors, cores or planes as the device gives them, never averaged: what a row is, its `descr` says. `cpu.usage` is busy, `cpu.idle`
 * the rest of 100 %.
 */
export function cpuFacts(rows: readonly SectionRow[]): CpuFacts[] {
  return lowestRank(rows, () => '').flatMap(({ index, tags, values }) =>
    values.flatMap(({ name, value }): CpuFacts[] => {
      const { number } = value;
      if (number === undefined || (name !== 'usage' && name !== 'idle')) return [];
      const percent = name === 'idle' ? 100 - number : number;
      if (percent < 0) return [];
      return [{ index, descr: descrOf(tags, 'Processor'), percent: Math.round(percent * 100) / 100 }];
    }),
  );
}
