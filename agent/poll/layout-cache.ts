import type { VarBind } from '../drivers/snmp-session.ts';
import type { PortLayout, ReplyLimit } from '../normalise/ports/layout.ts';
import { PortTable } from '../normalise/ports/table.ts';

/** ifNumber.0 and ifTableLastChange.0 (RFC 2863). */
export const IF_NUMBER = '1.3.6.1.2.1.2.1.0';
export const LAST_CHANGE = '1.3.6.1.2.1.31.1.5.0';
/** Asked once when a table is learnt. */
export const CHANGE_SIGNS: readonly string[] = [IF_NUMBER, LAST_CHANGE];

/** As many as polls may be under way together and have need of one. */
const MOST_FREE_TABLES = 64;
const MOST_LAYOUTS = 500;

interface Alike {
  readonly layout: PortLayout;
  readonly has: readonly [boolean, boolean];
}

function alikeKey(kind: string, signs: readonly VarBind[]): string {
  const ports = signs.find((v) => v.oid === IF_NUMBER)?.value;
  return `${kind} ${ports} ${signs.some((v) => v.oid === LAST_CHANGE)}`;
}

/** Layouts by what they are made of, so that a thousand equal switches have one. */
export class LayoutCache {
  readonly #known = new Map<string, PortLayout>();
  readonly #alike = new Map<string, Alike>();
  readonly #learning = new Map<string, Promise<void>>();
  readonly #tables = new WeakMap<PortLayout, PortTable[]>();

  /** What is being found out about a kind of device right now; undefined when nobody is at it. */
  learning(kind: string, signs: readonly VarBind[]): Promise<void> | undefined {
    return this.#learning.get(alikeKey(kind, signs));
  }

  /** The caller finds out what this kind of device looks like; what it returns is to be called when that is over, whatever came of it. */
  beginLearning(kind: string, signs: readonly VarBind[]): () => void {
    const key = alikeKey(kind, signs);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#learning.set(key, promise);
    return () => {
      this.#learning.delete(key);
      resolve();
    };
  }

  remember(kind: string, signs: readonly VarBind[], alike: Alike): void {
    if (this.#alike.size >= MOST_LAYOUTS) this.#alike.delete(this.#alike.keys().next().value!);
    this.#alike.set(alikeKey(kind, signs), alike);
  }

  /** What the last device of this kind with as many interfaces looked like. */
  alike(kind: string, signs: readonly VarBind[]): Alike | undefined {
    return signs.some((v) => v.oid === IF_NUMBER) ? this.#alike.get(alikeKey(kind, signs)) : undefined;
  }

  /** A table to be filled; what stands in it means nothing. */
  table(layout: PortLayout): PortTable {
    return this.#tables.get(layout)?.pop() ?? new PortTable(layout);
  }

  /** A table that nobody looks at any more. */
  giveBack(table: PortTable): void {
    if (table.stampOf !== table.layout.blockOf) return;
    const free = this.#tables.get(table.layout) ?? [];
    this.#tables.set(table.layout, free);
    if (free.length < MOST_FREE_TABLES) free.push(table);
  }

  /** The one that is equal to `layout`, if there is one already. */
  shared(layout: PortLayout, limit: ReplyLimit): PortLayout {
    const { columns, rows, present } = layout;
    const key = JSON.stringify([
      columns.map((c) => [c.oid, c.tag, c.slow]),
      rows.map((r) => r.index),
      present.every((p) => p === 1) || [...present],
      limit,
    ]);
    const found = this.#known.get(key);
    if (found) return found;
    if (this.#known.size >= MOST_LAYOUTS) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, layout);
    return layout;
  }
}
