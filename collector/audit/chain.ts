import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The chain of what concerns the installation and no school: accounts, tokens, logins. No school may have this id. */
export const INSTALLATION = '';

/** One row of an audit log. A chain is a school's, or the installation's, so that a school can export and verify its own. */
export const auditRow = z
  .strictObject({
    chain: z.string().describe('the school; empty for the installation'),
    seq: z.number().int().min(1).describe('1, 2, 3, ... within the chain'),
    at: z.number().int().describe('ms since the epoch, by the collector'),
    actor: z.string().describe('operator, account:<login>, token:<id>, party:<id>, collector, unknown'),
    via: z.string().describe('session, token, link, command line, file, clock, elsewhere'),
    action: z.string(),
    detail: z.record(z.string(), z.unknown()).describe('JSON'),
    prev: z.string().describe('hash of the row before; of the first, 64 zeros'),
    hash: z.string().describe('SHA-256, hex, of the other fields in canonical form'),
  })
  .meta({ id: 'AuditRow' });

export type AuditRow = z.output<typeof auditRow>;

/** Where a chain ends: published, it shows later that rows at the end were taken away. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const NO_HEAD: Head = { seq: 0, hash: '0'.repeat(64) };

/** Pure: the row that follows `head`. */
export function nextRow(head: Head, entry: Omit<AuditRow, 'seq' | 'prev' | 'hash'>): AuditRow {
  const row = { ...entry, seq: head.seq + 1, prev: head.hash };
  return { ...row, hash: hashOf(row) };
}

/** SHA-256 over the canonical form of everything but `hash`. */
export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  const { chain, seq, at, actor, via, action, detail, prev } = row;
  return createHash('sha256').update(canonicalJson({ chain, seq, at, actor, via, action, detail, prev })).digest('hex');
}

export type ChainVerdict =
  | { readonly ok: true; readonly head: Head }
  /** The first row that does not follow from the one before; `index` counts from 0. */
  | { readonly ok: false; readonly index: number; readonly problem: string };

/** Follows a chain row by row. `before` is where it goes on from: a chain is read in pieces. */
export class ChainCheck {
  #head: Head;
  #chain: string | undefined;
  #index = 0;

  constructor(before: Head = NO_HEAD, chain?: string) {
    this.#head = before;
    this.#chain = chain;
  }

  get head(): Head {
    return this.#head;
  }

  /** What is wrong with the next row; undefined: it follows. */
  next(row: AuditRow): string | undefined {
    this.#chain ??= row.chain;
    const problem = this.#problem(row);
    if (problem === undefined) {
      this.#head = { seq: row.seq, hash: row.hash };
      this.#index++;
    }
    return problem;
  }

  get index(): number {
    return this.#index;
  }

  #problem(row: AuditRow): string | undefined {
    const wanted = this.#head.seq + 1;
    if (row.chain !== this.#chain) return `a row of chain "${row.chain}", expected "${this.#chain}"`;
    if (row.seq > wanted) return `row ${wanted} is missing: the next is ${row.seq}`;
    if (row.seq < wanted) return `row ${row.seq} stands where ${wanted} should`;
    if (row.prev !== this.#head.hash) return `row ${row.seq} does not follow the row before it`;
    return hashOf(row) === row.hash ? undefined : `row ${row.seq} was changed: its hash is another`;
  }
}

/**
 * Pure: whether rows form a whole chain, and up to `published` where given: a chain that ends before it was cut off, one that has another row there
 * was made anew.
 */
export function verifyChain(rows: readonly AuditRow[], published?: Head): ChainVerdict {
  const check = new ChainCheck();
  for (const row of rows) {
    const problem = check.next(row) ?? publishedProblem(row, published);
    if (problem !== undefined) return { ok: false, index: check.index, problem };
  }
  const { head } = check;
  if (published && head.seq < published.seq)
    return { ok: false, index: rows.length, problem: `it ends at row ${head.seq}, row ${published.seq} was published` };
  return { ok: true, head };
}

/** What is wrong with a row where its hash was published. */
export function publishedProblem(row: Pick<AuditRow, 'seq' | 'hash'>, published: Head | undefined): string | undefined {
  if (!published || row.seq !== published.seq || row.hash === published.hash) return undefined;
  return `row ${row.seq} is not the one that was published`;
}

/** JSON with the keys of mappings in order and no spaces (as RFC 8785 orders them: by UTF-16 code units). */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(
          Object.entries(item)
            .filter(([, v]) => v !== undefined)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : item,
  );
}
