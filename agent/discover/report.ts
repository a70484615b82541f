import type { Proposal } from './proposal.ts';
import type { SweepProgress } from './sweep.ts';
import { counted, safe } from './words.ts';

const WIDTH = 24;
/** Widest a column of the summary gets. */
const WIDEST = 40;

/** `[#####-----] 512/1022 addresses, 31 answer, SNMP 20/31, 14 devices, 42 s`. */
export function progressLine(p: SweepProgress, elapsedMs: number): string {
  const steps = p.addresses + p.toAsk;
  const share = steps === 0 ? 1 : Math.min(1, (p.looked + p.asked) / steps);
  const full = Math.floor(share * WIDTH);
  const bar = `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}]`;
  const seconds = Math.floor(elapsedMs / 1000);
  return `${bar} ${p.looked}/${p.addresses} addresses, ${p.alive} answer ping, SNMP ${p.asked}/${p.toAsk}, ${counted(p.devices, 'device')}, ${seconds} s`;
}

/** What it comes to, in one or two lines. `tried`: names of the credential sets. */
export function closingLines(
  { devices, quiet, unknown, comparison }: Proposal,
  { merge, tried }: { readonly merge: boolean; readonly tried: string },
): string[] {
  const { fresh, moved, gone, unchanged, unseen } = comparison;
  const counts = `${counted(devices.length, 'device')}, ${counted(quiet.length, 'address')} without usable SNMP, ${unknown.length} more seen by LLDP or CDP`;
  if (!merge) return [devices.length > 0 ? counts : `${counts}; credentials tried: ${tried}`];
  return [
    counts,
    `${fresh.length} new, ${moved.length} with a changed address, ${gone.length} gone, ${unchanged} unchanged, ${unseen} not asked`,
  ];
}

/** What was found, a line each, for people. */
export function summaryTable({ devices }: Proposal): string {
  const rows = devices.map(({ host, name, role, vendor, model, sysDescr, placement }) => [
    host,
    name,
    role,
    safe([vendor, model].filter((text) => text).join(' ') || sysDescr || ''),
    placement.isRoot ? '(root)' : placement.parents.map((p) => p.device).join(', '),
  ]);
  const lines = [['address', 'name', 'role', 'device', 'uplink'], ...rows].map((row) =>
    row.map((cell) => (cell.length > WIDEST ? `${cell.slice(0, WIDEST - 1)}~` : cell)),
  );
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((row) => row[column]!.length)));
  return lines
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
