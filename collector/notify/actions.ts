import type { Clock } from '../../core/clock.ts';
import type { Sample } from '../../core/sample.ts';
import type { AlertEventType } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import { IMPORTED_KEY } from '../alertmanager/mapping.ts';
import type { Decision } from '../engagement/decision.ts';
import { type DeclineReason, declineOutcome } from '../engagement/item-rules.ts';
import { SAFETY_NET, safetyNetStep } from '../engagement/ladder.ts';
import { findAlert, listEvents, record } from '../state/alerts.ts';
import type { StateDb } from '../state/database.ts';
import { inSchool } from '../state/school-transaction.ts';
import { changeSamples } from './alert-sample.ts';
import { enqueueClosings } from './closing.ts';
import type { Directory } from './directory.ts';
import { moveOwner } from './moves.ts';
import { unwanted } from './note-message.ts';
import { ON_SITE_RULE, onSiteRequest } from './on-site.ts';
import type { Pager } from './pager.ts';
import { decideFor, type Router } from './router.ts';

/** Who does it: a party of the school, and the person by contact id or name. */
export interface Actor {
  readonly party: string;
  readonly by: string;
  /** How, when it was not on the page or by the API. */
  readonly via?: 'link' | 'pushover';
}

/** Looks, in the transaction of an action and before it, whether it may be done, and writes what goes with it; a reason refuses it. */
export type Guard = (tx: StateDb, now: number) => Promise<string | undefined>;

export type Action = Actor &
  (
    | { readonly action: 'ack' | 'claim'; readonly note?: string | undefined }
    | { readonly action: 'note'; readonly note: string }
    | { readonly action: 'decline'; readonly reason: DeclineReason; readonly note?: string | undefined }
    | { readonly action: 'hand_back' | 'pause'; readonly reason: string }
    | { readonly action: 'resume' | 'done' }
    | { readonly action: 'request_onsite'; readonly note: string }
  );

export type Outcome =
  | { readonly ok: true; readonly alert: StoredAlert; readonly samples: readonly Sample[] }
  | { readonly ok: false; readonly kind: 'unknown' | 'refused'; readonly reason: string };

export interface ActionParts {
  readonly db: StateDb;
  readonly router: Router;
  readonly directory: Directory;
  readonly pager: Pager;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Wakes the outbox after messages were added. */
  readonly outbox: { notify(): void };
}

class Refusal extends Error {}

/** What people do with an alert: each is one transaction that first reads the alert as it is, so of two who take it at once the first wins. */
export class AlertActions {
  readonly #parts: ActionParts;

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  async act(school: string, alertId: string, action: Action, guard?: Guard): Promise<Outcome> {
    const { db, clock } = this.#parts;
    try {
      const outcome = await inSchool(db, school, async (tx) => {
        const before = await findAlert(tx, alertId);
        if (!before || before.school !== school)
          return { ok: false, kind: 'unknown', reason: 'no such alert' } as const;
        this.#check(before, action);
        const now = clock.now();
        const refusal = await guard?.(tx, now);
        if (refusal !== undefined) throw new Refusal(refusal);
        const after = await this.#apply(tx, before, action, now);
        return { ok: true, alert: after, samples: changeSamples(before, after, now) } as const;
      });
      this.#parts.outbox.notify();
      return outcome;
    } catch (error) {
      // Thrown, so that whatever the action had written by then is undone.
      if (error instanceof Refusal) return { ok: false, kind: 'refused', reason: error.message };
      throw error;
    }
  }

  #check(alert: StoredAlert, { party, action }: Action): void {
    const school = this.#parts.router.school(alert.school);
    if (!school?.parties.has(party)) throw new Refusal(`"${party}" is no party of ${alert.school}`);
    if (alert.state === 'suppressed' && action !== 'note')
      throw new Refusal(`the alert is suppressed: ${alert.suppression?.reason}`);
    if (alert.state === 'suppressed') return;
    if (alert.state !== 'open') throw new Refusal(`the alert is ${alert.state}, not open`);
  }

  #apply(tx: StateDb, alert: StoredAlert, action: Action, now: number): Promise<StoredAlert> {
    switch (action.action) {
      case 'ack':
        return this.#ack(tx, alert, action, action.note, now);
      case 'claim':
        return this.#claim(tx, alert, action, action.note, now);
      case 'decline':
        return this.#decline(tx, alert, action, now);
      case 'hand_back':
        return this.#handBack(tx, alert, action, action.reason, now);
      case 'note':
        return this.#event(tx, alert, 'noted', action, { note: action.note }, now);
      case 'pause':
        return this.#pause(tx, alert, action, action.reason, now);
      case 'resume':
        return this.#event(tx, alert, 'resumed', action, {}, now);
      case 'request_onsite':
        return this.#requestOnSite(tx, alert, action, action.note, now);
      case 'done':
        return this.#done(tx, alert, action, now);
    }
  }

  /** Stops the ladder. It says nothing about who owns the alert. */
  async #ack(
    tx: StateDb,
    alert: StoredAlert,
    actor: Actor,
    note: string | undefined,
    now: number,
  ): Promise<StoredAlert> {
    if (alert.ackedBy === actor.party) return alert;
    await this.#parts.pager.stop(tx, alert, `acknowledged by ${actor.by}`);
    return this.#event(tx, alert, 'acked', actor, note === undefined ? {} : { note }, now);
  }

  /** Takes it over, whoever the agreements name; who takes it works on it, so it is acknowledged too. */
  async #claim(
    tx: StateDb,
    alert: StoredAlert,
    actor: Actor,
    note: string | undefined,
    now: number,
  ): Promise<StoredAlert> {
    if (alert.claimedBy !== null && alert.claimedBy !== actor.party)
      throw new Refusal(`${alert.claimedBy} has taken it already`);
    const claimed = await this.#event(tx, alert, 'claimed', actor, {}, now);
    const decision = decideFor(this.#parts.router.responsibility, claimed, now);
    const moved =
      claimed.owner === actor.party || !decision
        ? claimed
        : await this.#move(tx, claimed, actor.party, decision, `${actor.by} took it by hand`, now);
    return this.#ack(tx, moved, actor, note, now);
  }

  async #decline(
    tx: StateDb,
    alert: StoredAlert,
    action: Action & { readonly action: 'decline' },
    now: number,
  ): Promise<StoredAlert> {
    const school = this.#parts.router.school(alert.school)!;
    if (alert.owner !== action.party) throw new Refusal(`only ${alert.owner} can decline it: it is theirs`);
    const events = await listEvents(tx, alert.id);
    const outcome = declineOutcome({
      school,
      owner: action.party,
      reason: action.reason,
      previousOwners: events.filter((e) => e.type === 'owner_changed').map((e) => String(e.detail['from'])),
      declinedBy: events.filter((e) => e.type === 'declined').map((e) => String(e.detail['party'])),
    });
    const { reason, note } = action;
    const declined = await this.#event(tx, alert, 'declined', action, { reason, note, to: outcome.to }, now);
    const free = await this.#unack(tx, declined, outcome.text, now);
    if (outcome.to === SAFETY_NET) return this.#nobodyWantsIt(tx, free, outcome.text, now);
    // Who gets it back holds it as if they had taken it: the agreements would give it to who has just declined it.
    const receiver = { party: outcome.to, by: `declined by ${action.by}` };
    const taken = await this.#event(tx, free, 'claimed', receiver, {}, now);
    const decision = decideFor(this.#parts.router.responsibility, taken, now)!;
    const worded = { ...decision, why: `declined by ${action.party}`, text: `${outcome.text} ${decision.text}` };
    const moved = await this.#move(tx, taken, outcome.to, worded, outcome.text, now);
    return this.#parts.pager.page(tx, moved, now);
  }

  async #nobodyWantsIt(tx: StateDb, alert: StoredAlert, text: string, now: number): Promise<StoredAlert> {
    const { router, directory, pager } = this.#parts;
    const school = router.school(alert.school)!;
    const decision: Decision = {
      ...alert.decision!,
      acting: SAFETY_NET,
      held: null,
      steps: [safetyNetStep(school, 0)],
      text,
    };
    await pager.stop(tx, alert, 'declined twice');
    const detail = { reason: text, decision };
    const after = await record(tx, alert, { type: 'routed', at: now, decidedAt: now, detail });
    const paged = await pager.page(tx, after, now);
    const people = directory(alert.school);
    if (people?.director) {
      const { party, contact } = people.director;
      const message = unwanted(after, contact, text, now, people);
      await pager.note(tx, { about: alert.id, school: alert.school, party, contact, message }, now);
    }
    return paged;
  }

  /** Gives back what was taken by hand or came along the ladder; who has it by agreement declines it instead, with a reason of the list. */
  async #handBack(tx: StateDb, alert: StoredAlert, actor: Actor, reason: string, now: number): Promise<StoredAlert> {
    if (alert.owner !== actor.party) throw new Refusal(`only ${alert.owner} can hand it back: it is theirs`);
    const released = await this.#event(tx, alert, 'released', actor, { reason }, now);
    const decision = decideFor(this.#parts.router.responsibility, released, now);
    if (!decision || decision.owner === actor.party)
      throw new Refusal(`it is yours by ${decision?.why ?? 'default'}: decline it with a reason instead`);
    const free = await this.#unack(tx, released, `handed back by ${actor.by}`, now);
    const moved = await this.#move(tx, free, decision.owner, decision, `handed back by ${actor.by}: ${reason}`, now);
    return this.#parts.pager.page(tx, moved, now);
  }

  #pause(tx: StateDb, alert: StoredAlert, actor: Actor, reason: string, now: number): Promise<StoredAlert> {
    if (alert.owner !== actor.party)
      throw new Refusal(`only ${alert.owner} can pause it: the clocks that run are theirs`);
    return this.#event(tx, alert, 'paused', actor, { reason }, now);
  }

  /** A child for the school's own people; the parent stays with its owner. */
  async #requestOnSite(tx: StateDb, alert: StoredAlert, actor: Actor, note: string, now: number): Promise<StoredAlert> {
    const { router, pager, newId } = this.#parts;
    const school = router.school(alert.school)!;
    const child = onSiteRequest(alert, actor, note, newId(), now);
    const owner = school.parties.has('internal') ? 'internal' : school.base.owner;
    const decision = decideFor(router.responsibility, { ...child, claimedBy: owner }, now);
    const detail = { reason: note, alert: child, decision };
    const opened = await record(tx, undefined, { type: 'opened', at: now, decidedAt: now, detail });
    const held = await this.#event(tx, opened, 'claimed', { party: owner, by: `asked by ${actor.by}` }, {}, now);
    await pager.page(tx, held, now);
    return this.#event(tx, alert, 'onsite_requested', actor, { note, child: child.id }, now);
  }

  /** What people asked for, people end, and what another system told; what was measured ends when it is good again. */
  async #done(tx: StateDb, alert: StoredAlert, actor: Actor, now: number): Promise<StoredAlert> {
    // Of what an Alertmanager told the end may never be told (alertmanager/silence.ts).
    if (alert.rule !== ON_SITE_RULE && !alert.key.startsWith(IMPORTED_KEY))
      throw new Refusal('it ends by itself when what it is about is good again');
    await this.#parts.pager.stop(tx, alert, `done by ${actor.by}`);
    const after = await this.#event(tx, alert, 'resolved', actor, { reason: `done by ${actor.by}`, value: 0 }, now);
    await enqueueClosings(tx, after, this.#parts.directory(alert.school), now);
    return after;
  }

  async #move(
    tx: StateDb,
    alert: StoredAlert,
    to: string,
    decision: Decision,
    reason: string,
    now: number,
  ): Promise<StoredAlert> {
    const moved = await moveOwner(tx, this.#parts, alert, { to, why: decision.why, reason, decision }, now);
    if (!moved)
      throw new Refusal(
        'it changed hands four times within a day and stays where it is; acknowledge it, or agree with the other side',
      );
    return moved;
  }

  #unack(tx: StateDb, alert: StoredAlert, reason: string, now: number): Promise<StoredAlert> {
    if (alert.ackedBy === null) return Promise.resolve(alert);
    return record(tx, alert, { type: 'unacked', at: now, decidedAt: now, detail: { reason } });
  }

  #event(
    tx: StateDb,
    alert: StoredAlert,
    type: AlertEventType,
    { party, by, via }: Actor,
    detail: Readonly<Record<string, unknown>>,
    now: number,
  ): Promise<StoredAlert> {
    const who = { party, by, ...(via !== undefined && { via }) };
    return record(tx, alert, { type, at: now, decidedAt: now, detail: { ...who, ...detail } });
  }
}
