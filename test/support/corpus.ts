import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { OidTable, type SimType, type SimValue } from '../../sim/oid-table.ts';
import { SNMPREC_TYPES } from './snmprec-types.ts';
import { ROOT } from './source-files.ts';

/** Recordings of real devices stand beside the project, not in it. */
const ARCHIVE = resolve(ROOT, '../shared/corpus/recordings.tar.xz');
export const corpusIsHere = existsSync(ARCHIVE);

/** Calls `use` with each recording, one after the other; the files are gone afterwards. */
export async function eachRecording(use: (name: string, device: OidTable) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'recordings-'));
  try {
    spawnSync('tar', ['-xJf', ARCHIVE, '-C', folder, '--wildcards', '*.snmprec'], { stdio: 'inherit' });
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.snmprec'));
    for (const file of files.sort()) await use(file, readRecording(readFileSync(join(folder, file), 'utf8')));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As it was recorded; lines that no agent could answer so (an address of other than four numbers, an unknown tag) are left out. */
function readRecording(text: string): OidTable {
  const table = new OidTable();
  for (const line of text.split('\n')) {
    const match = /^([\d.]+)\|(\d+)([xe]?)\|(.*)$/.exec(line.replace(/\r$/, ''));
    if (!match) continue;
    const [, oid = '', tag = '', form, raw = ''] = match;
    const value = someValue(SNMPREC_TYPES[tag], form === 'x', raw);
    const dot = oid.lastIndexOf('.');
    if (value && dot > 0 && /^[0-2](\.\d+){2,}$/.test(oid)) table.set(oid.slice(0, dot), oid.slice(dot + 1), value);
  }
  return table;
}

function someValue(type: SimType | undefined, isHex: boolean, raw: string): SimValue | undefined {
  if (type === undefined) return undefined;
  if (type === 'octets' || type === 'opaque')
    return { type, value: isHex ? Buffer.from(raw, 'hex') : Buffer.from(raw) };
  if (type === 'null') return { type, value: 0 };
  if (type === 'oid') return /^\.?[0-2](\.\d+)+$/.test(raw) ? { type, value: raw.replace(/^\./, '') } : undefined;
  if (type === 'ip') return /^\d+(\.\d+){3}$/.test(raw) ? { type, value: raw } : undefined;
  if (!/^-?\d+$/.test(raw)) return undefined;
  if (type === 'counter64') return { type, value: BigInt.asUintN(64, BigInt(raw)) };
  return {
    type,
    value: type === 'integer' ? Number(BigInt.asIntN(32, BigInt(raw))) : Number(BigInt.asUintN(32, BigInt(raw))),
  };
}
