import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { processOutput } from '../runtime/command-line.ts';
import { refuse } from './account-command.ts';
import { type AuditRow, auditRow, ChainCheck, type Head, INSTALLATION, publishedProblem } from './audit/chain.ts';
import { loadCollectorConfig } from './config.ts';
import { auditHeads, chainRows } from './state/audit.ts';
import type { StateDb } from './state/database.ts';
import { withState } from './state-command.ts';

export interface VerifyAsked {
  /** An export. */
  readonly file: string | undefined;
  /** Else: the state database of this configuration. */
  readonly config: string | undefined;
  /** `SEQ:HASH` as it was once published. */
  readonly head: string | undefined;
}

const PAGE = 500;

/** `audit verify`: 0 and where it ends, or 1 and the first broken link. */
export async function auditVerify({ file, config, head }: VerifyAsked): Promise<number> {
  const published = head === undefined ? undefined : readHead(head);
  if (head !== undefined && !published) return refuse(`--head: expected SEQ:HASH as the export told it, got "${head}"`);
  if (file !== undefined) return report(file, await verifyRows(fileRows(file), published));
  if (config === undefined) return refuse('audit verify: give an exported FILE, or --config FILE');
  if (published) return refuse('--head goes with an exported FILE: of which chain it is would not be clear');
  const loaded = loadCollectorConfig(config);
  return withState(loaded, async (db) => {
    let worst = 0;
    // The heads that the database keeps beside the rows: rows cut off at the end are missed by them.
    for (const [chain, kept] of await auditHeads(db))
      worst = Math.max(worst, report(nameOf(chain), await verifyRows(databaseRows(db, chain), kept)));
    return worst;
  });
}

/** `audit export` */
export async function auditExport(config: string, school: string): Promise<number> {
  const loaded = loadCollectorConfig(config);
  return withState(loaded, async (db) => {
    let last: Head | undefined;
    for await (const row of databaseRows(db, school)) {
      processOutput.out(JSON.stringify(row));
      last = row;
    }
    processOutput.err(last ? `${nameOf(school)} ends at ${last.seq}:${last.hash}` : `${nameOf(school)} is empty`);
    return 0;
  });
}

type Verified = { readonly head: Head } | { readonly problem: string };

async function verifyRows(rows: AsyncIterable<AuditRow | string>, published: Head | undefined): Promise<Verified> {
  const check = new ChainCheck();
  for await (const row of rows) {
    const problem = typeof row === 'string' ? row : (check.next(row) ?? publishedProblem(row, published));
    if (problem !== undefined) return { problem: `line ${check.index + 1}: ${problem}` };
  }
  const { head } = check;
  if (published && head.seq < published.seq)
    return { problem: `it ends at row ${head.seq}, but row ${published.seq} was published: its end was cut off` };
  return { head };
}

function report(what: string, verified: Verified): number {
  if ('problem' in verified) return refuse(`${what}: broken: ${verified.problem}`);
  processOutput.out(`${what}: whole, ${verified.head.seq} rows, ends at ${verified.head.seq}:${verified.head.hash}`);
  return 0;
}

/** The rows of a file; text where a line is none, saying so. */
async function* fileRows(file: string): AsyncGenerator<AuditRow | string> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY }))
    if (line.trim() !== '') yield rowOf(line);
}

function rowOf(line: string): AuditRow | string {
  try {
    const read = auditRow.safeParse(JSON.parse(line));
    return read.success ? read.data : `expected a row of an audit log, got ${line.slice(0, 60)}`;
  } catch {
    return `expected JSON, got ${line.slice(0, 60)}`;
  }
}

async function* databaseRows(db: StateDb, chain: string): AsyncGenerator<AuditRow> {
  for (let after = 0; ; ) {
    const rows = await chainRows(db, chain, { after, limit: PAGE });
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.seq;
  }
}

function readHead(text: string): Head | undefined {
  const [, seq, hash] = /^(\d+):([0-9a-f]{64})$/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}

function nameOf(chain: string): string {
  return chain === INSTALLATION ? 'the installation' : chain;
}
