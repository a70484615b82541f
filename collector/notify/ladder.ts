import type { Decision } from '../engagement/decision.ts';
import type { SchoolDirectory } from './directory.ts';

/** One step of a decision with its contacts resolved to endpoints and its delay to a time. */
export interface Rung {
  /** Index in `Decision.steps`. */
  readonly step: number;
  readonly party: string;
  readonly contacts: readonly string[];
  readonly transfer: boolean;
  /** ms since the epoch. */
  readonly dueAt: number;
  readonly repeatMs: number | null;
  readonly targets: readonly { readonly contact: string; readonly channel: string }[];
}

export interface Ladder {
  readonly rungs: readonly Rung[];
  /** Contacts that no channel reaches. */
  readonly unreachable: readonly { readonly step: number; readonly party: string; readonly contact: string }[];
}

/**
 * Lays a decision out in time. A step none of whose contacts has a channel is dropped and its delay is not waited out:
 * the next step that reaches somebody is told at the time of the dropped one. So it is where every channel of a step is `down`; that step is
 * tried all the same.
 */
export function planLadder(
  decision: Decision,
  decidedAt: number,
  directory: SchoolDirectory,
  down: (to: { readonly contact: string; readonly channel: string }) => boolean = () => false,
): Ladder {
  const rungs: Rung[] = [];
  const unreachable: Ladder['unreachable'][number][] = [];
  const tried = new Set<string>();
  let inherited = Number.POSITIVE_INFINITY;
  decision.steps.forEach((step, index) => {
    const targets: Rung['targets'][number][] = [];
    const contacts = contactsOf(step.contact);
    for (const contact of contacts) {
      const endpoints = directory.endpoints(contact);
      if (endpoints.length === 0) unreachable.push({ step: index, party: step.party, contact });
      for (const endpoint of endpoints) targets.push({ contact, channel: endpoint.id });
    }
    const own = decidedAt + step.after_s * 1000;
    if (targets.length === 0) {
      inherited = Math.min(inherited, own);
      return;
    }
    const dead = targets.every(down);
    // A second page to people whom the first does not reach is no use any earlier.
    const dueAt = dead && contacts.every((contact) => tried.has(contact)) ? own : Math.min(own, inherited);
    for (const contact of contacts) if (dead) tried.add(contact);
    inherited = dead ? Math.min(inherited, own) : Number.POSITIVE_INFINITY;
    const repeatMs = step.repeat_s === undefined ? null : step.repeat_s * 1000;
    rungs.push({ step: index, party: step.party, contacts, transfer: step.transfer, dueAt, repeatMs, targets });
  });
  return { rungs, unreachable };
}

/** `a, b` names two contacts. */
export function contactsOf(contact: string): string[] {
  return contact
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
