import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type RollupTier, TIERS } from './tiers.ts';

const ROLLUP_TIERS: readonly RollupTier[] = [1, 2];

/**
 * Windows whose raw points are newer than their rollup: the open ones, and those that late data reached. Kept in the database, so that a
 * restart forgets none, and in memory, so that marking costs nothing when a window is marked already.
 */
export class DirtyWindows {
  /** By tier, then school: window number -> the count of marks when it was last written to. */
  readonly #marks: Readonly<Record<RollupTier, Map<number, Map<number, number>>>> = { 1: new Map(), 2: new Map() };
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #all: StatementSync;
  #count = 0;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO dirty (tier, school, win) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
    this.#delete = db.prepare('DELETE FROM dirty WHERE tier = ? AND school = ? AND win = ?');
    this.#all = db.prepare('SELECT tier, school, win FROM dirty');
  }

  /** Reads the marks from the database; also after a rollback. */
  load(): void {
    for (const tier of ROLLUP_TIERS) this.#marks[tier].clear();
    this.#count++;
    for (const row of this.#all.iterate() as Iterable<{ tier: RollupTier; school: number; win: number }>) {
      this.#windows(row.tier, row.school).set(row.win, this.#count);
    }
  }

  /** Call once per batch, before its windows are marked. */
  nextBatch(): void {
    this.#count++;
  }

  /** A point was written at `time` (ms); inside the caller's transaction. */
  mark(school: number, time: number): void {
    for (const tier of ROLLUP_TIERS) {
      const win = Math.floor(time / TIERS[tier].width);
      const windows = this.#windows(tier, school);
      if (!windows.has(win)) this.#insert.run(tier, school, win);
      windows.set(win, this.#count);
    }
  }

  has(tier: RollupTier, school: number, win: number): boolean {
    return this.#marks[tier].get(school)?.has(win) ?? false;
  }

  /** Marked windows of a tier that end at or before `time`, oldest first by school. `stamp` goes back into `clear`. */
  closed(tier: RollupTier, time: number): { school: number; win: number; stamp: number }[] {
    const width = TIERS[tier].width;
    return [...this.#marks[tier]].flatMap(([school, windows]) =>
      [...windows]
        .filter(([win]) => (win + 1) * width <= time)
        .sort(([a], [b]) => a - b)
        .map(([win, stamp]) => ({ school, win, stamp })),
    );
  }

  stamp(tier: RollupTier, school: number, win: number): number | undefined {
    return this.#marks[tier].get(school)?.get(win);
  }

  /** Takes the mark away unless the window was written to since `stamp`; inside the caller's transaction. */
  clear(tier: RollupTier, school: number, win: number, stamp: number): void {
    const windows = this.#windows(tier, school);
    if (windows.get(win) !== stamp) return;
    this.#delete.run(tier, school, win);
    windows.delete(win);
  }

  #windows(tier: RollupTier, school: number): Map<number, number> {
    let windows = this.#marks[tier].get(school);
    if (!windows) {
      windows = new Map();
      this.#marks[tier].set(school, windows);
    }
    return windows;
  }
}
