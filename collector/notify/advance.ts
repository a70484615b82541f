import { SAFETY_NET } from '../engagement/ladder.ts';
import type { StateDb } from '../state/database.ts';
import { troubledEndpoints } from '../state/endpoints.ts';
import { changeMessage, messagesOf, type OutboxRow } from '../state/outbox.ts';
import type { SchoolDirectory } from './directory.ts';
import { fingerprintOf, isDown } from './endpoint-health.ts';
import { earlyPages, hopelessAt } from './ledger.ts';

type Down = (to: { readonly contact: string; readonly channel: string }) => boolean;

/** Which channels of a school's contacts reach nobody now, as configured now. */
export async function downTargets(tx: StateDb, school: string, directory: SchoolDirectory | undefined): Promise<Down> {
  const records = (await troubledEndpoints(tx, school)).filter(isDown);
  const down = new Set(
    records
      .filter(({ contact, channel, fingerprint }) => {
        const endpoint = directory?.endpoints(contact).find(({ id }) => id === channel);
        return endpoint !== undefined && fingerprintOf(endpoint) === fingerprint;
      })
      .map(({ contact, channel }) => JSON.stringify([contact, channel])),
  );
  return ({ contact, channel }) => down.has(JSON.stringify([contact, channel]));
}

/**
 * A page that does not get through is no reason to wait out the ladder: who comes next is told now (or when the page itself is due), and with
 * `all` the safety net too. Returns when the first of them is due, ms; Infinity: nobody is told earlier.
 */
export async function advance(tx: StateDb, page: OutboxRow, down: Down, all: boolean, now: number): Promise<number> {
  const rows = await messagesOf(tx, page.alertId);
  const at = page.attempts === 0 ? Math.max(now, page.dueAt) : now;
  const net = all
    ? rows.filter((r) => r.kind === 'open' && r.round === page.round && r.party === SAFETY_NET && r.step > page.step)
    : [];
  const early = [...earlyPages(rows, page, hopelessAt(now, down)), ...net].filter(
    (row) => row.status === 'waiting' && row.attempts === 0 && row.dueAt > at,
  );
  for (const { id } of early) await changeMessage(tx, id, { dueAt: at });
  return early.length > 0 ? at : Number.POSITIVE_INFINITY;
}
