import type { NamedTurn, OnCallSchedule } from './on-call/on-call-schedule.ts';
import type { Party, Span } from './school.ts';
import { WeeklySchedule } from './weekly.ts';

/** When the people of one party can be reached. To own and to be reachable are two things: a party owns at night what it answers for by day. */
export class Duty {
  readonly party: Party;
  /** Undefined: its people do not take turns. */
  readonly onCall: OnCallSchedule | undefined;
  /** Undefined: always covered. */
  readonly #coverage: WeeklySchedule | undefined;

  constructor(party: Party, zone: string, onCall?: OnCallSchedule) {
    this.party = party;
    this.onCall = onCall;
    this.#coverage = party.coverage === 'always' ? undefined : new WeeklySchedule(zone, party.coverage);
  }

  /**
   * The contact on duty at `at`: who is on call, or who comes next where that one is absent; else the first that is not absent. Undefined
   * outside coverage or when all are absent.
   */
  contact(at: number): string | undefined {
    return this.covered(at) ? this.present(at) : undefined;
  }

  /** As `contact`, whatever the coverage. */
  present(at: number): string | undefined {
    const here = (contact: string): boolean => !this.absent(contact, at);
    return this.onCall?.order(at).find(here) ?? this.party.contacts.find(here);
  }

  /** Whose shift it is, by what; whether they are there is another question. */
  named(at: number): NamedTurn | undefined {
    return this.onCall?.named(at);
  }

  /** True when this contact of the party can be reached at `at`. */
  reaches(contact: string, at: number): boolean {
    return this.party.contacts.includes(contact) && this.covered(at) && !this.absent(contact, at);
  }

  /** The first instant in (after, until] at which somebody is on duty; undefined when there is none. */
  next(after: number, until: number): number | undefined {
    return this.edges(after, until + 1).find((t) => t > after && t <= until && this.contact(t) !== undefined);
  }

  /** True when somebody was on duty at some instant of [from, to]. */
  wasOnDuty(from: number, to: number): boolean {
    return this.contact(from) !== undefined || this.next(from, to) !== undefined;
  }

  /** Every instant in [from, to) at which who is on duty may change, in order. */
  edges(from: number, to: number): number[] {
    const edges = new Set<number>();
    const add = (t: number): void => void (from <= t && t < to && edges.add(t));
    for (const { start, end } of this.#coverage?.between(from, to) ?? []) {
      add(start);
      add(end);
    }
    for (const absence of this.party.absences) {
      add(absence.from);
      add(absence.to);
    }
    for (const at of this.onCall?.edges(from, to) ?? []) add(at);
    return [...edges].sort((a, b) => a - b);
  }

  /** Stretches of [from, to) in which nobody is on duty. */
  offDuty(from: number, to: number): Span[] {
    const spans: { start: number; end: number }[] = [];
    const points = [...new Set([from, ...this.edges(from, to)])];
    for (const [i, start] of points.entries()) {
      if (this.contact(start) !== undefined) continue;
      const end = points[i + 1] ?? to;
      const last = spans.at(-1);
      if (last?.end === start) last.end = end;
      else spans.push({ start, end });
    }
    return spans;
  }

  /** Its people can be reached at this time of the week. */
  covered(at: number): boolean {
    return this.#coverage === undefined || this.#coverage.at(at) !== undefined;
  }

  absent(contact: string, at: number): boolean {
    return this.party.absences.some((a) => a.from <= at && at < a.to && a.who.includes(contact));
  }
}
