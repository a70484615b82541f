import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Delivery } from '../../../collector/notify/channels/channel.ts';
import type { Fault } from './faults.ts';
import type { LeapClock } from './leap-clock.ts';
import { type Device, samplesOf, type Trouble } from './network.ts';

const MINUTE = 60_000;
/** How often a site is heard where nothing changes; every minute around the beginning and the end of a fault. */
export const ROUND_MS = 60 * MINUTE;
const FINE_AT_START_MS = 12 * MINUTE;
const FINE_AT_END_MS = 6 * MINUTE;
/** What has been good for half an hour is over. */
const FINE_AFTER_ERRORS_MS = 35 * MINUTE;

/** What the year is played to. */
export interface Stage {
  readonly clock: LeapClock;
  /** Takes what the agent of a school pushes. */
  push(school: string, samples: ReturnType<typeof samplesOf>): Promise<void>;
  /** A contact does something about an alert of theirs. */
  act(page: Page, deed: Deed): Promise<void>;
}

export type Deed = 'ack' | 'claim' | 'decline';

export interface YearOptions {
  readonly schools: readonly string[];
  /** The devices of each school, in the order of `schools`. */
  readonly networks: readonly (readonly Device[])[];
  readonly faults: readonly Fault[];
  readonly start: number;
  readonly end: number;
  /** Called every simulated 30 days. */
  readonly onMonth: (month: number) => void;
}

/** One page as a phone got it. */
export interface Page {
  readonly id: string;
  readonly address: string;
  readonly at: number;
  readonly type: string;
  readonly school: string;
  readonly alert: string;
  readonly contact: string;
}

/** The people: they get pages, and answer some. */
export class People {
  readonly #file: string;
  readonly #deeds = new Map<number, { readonly page: Page; readonly deed: Deed }[]>();
  readonly #chance: () => number;

  /** `file`: what the phones got, a line each; in memory it would look like a collector that grows. */
  constructor(file: string, chance: () => number) {
    this.#file = file;
    this.#chance = chance;
    writeFileSync(file, '');
  }

  pages(): Page[] {
    const lines = readFileSync(this.#file, 'utf8').trimEnd().split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Page);
  }

  take({ id, body, endpoint }: Delivery, at: number): void {
    for (const page of pagesOf(id, body, endpoint.address, at)) {
      appendFileSync(this.#file, `${JSON.stringify(page)}\n`);
      if (page.type === 'alert.open') this.#answer(page);
    }
  }

  #answer(page: Page): void {
    const deed = this.#deed();
    if (!deed) return;
    const due = Math.ceil((page.at + (2 + this.#chance() * 60) * MINUTE) / MINUTE) * MINUTE;
    const list = this.#deeds.get(due) ?? [];
    list.push({ page, deed });
    this.#deeds.set(due, list);
  }

  #deed(): Deed | undefined {
    const chance = this.#chance();
    if (chance < 0.6) return 'ack';
    if (chance < 0.65) return 'claim';
    return chance < 0.7 ? 'decline' : undefined;
  }

  /** What is to be done by `minute`, taken out. */
  due(minute: number): { readonly page: Page; readonly deed: Deed }[] {
    const list = this.#deeds.get(minute) ?? [];
    this.#deeds.delete(minute);
    return list;
  }

  isDue(minute: number): boolean {
    return this.#deeds.has(minute);
  }
}

interface Told {
  readonly alert?: { readonly id: string; readonly school: string };
  readonly responsibility?: { readonly contact: string };
}

/** One message may tell of several alerts. */
function pagesOf(id: string, body: string, address: string, at: number): Page[] {
  const { type, data } = JSON.parse(body) as {
    type: string;
    data: Told & { alerts?: readonly Told[] };
  };
  const { alerts = [data] } = data;
  return alerts.flatMap(({ alert, responsibility }) =>
    alert && responsibility
      ? [
          {
            id,
            address,
            at,
            type: type.replace('alerts.', 'alert.'),
            school: alert.school,
            alert: alert.id,
            contact: responsibility.contact,
          },
        ]
      : [],
  );
}

/** Plays the year: everything happens at a whole minute, and the clock jumps to the next at which something does. */
export async function playYear(
  stage: Stage,
  people: People,
  options: YearOptions,
): Promise<{ readonly samples: number }> {
  const { schools, faults, start, end, onMonth } = options;
  const fine = fineMinutes(faults, end);
  const running = new Set<Fault>();
  let next = 0;
  let samples = 0;
  let month = 0;
  for (let minute = start; minute <= end; minute += MINUTE) {
    while (faults[next] && faults[next]!.from <= minute) running.add(faults[next++]!);
    for (const fault of running) if (fault.to <= minute) running.delete(fault);
    const whole = (minute - start) % ROUND_MS === 0;
    const near = fine.get(minute);
    if (!whole && !near && !people.isDue(minute)) continue;
    fine.delete(minute);
    await stage.clock.advance(minute - stage.clock.now());
    for (const [index, school] of schools.entries()) {
      if (!whole && !near?.has(index)) continue;
      const now = [...running].filter((fault) => fault.school === index);
      if (now.some(({ silent }) => silent)) continue;
      const batch = roundOf(options.networks[index]!, now, whole ? undefined : near!.get(index), minute);
      samples += batch.length;
      await stage.push(school, batch);
    }
    for (const { page, deed } of people.due(minute)) await stage.act(page, deed);
    await stage.clock.advance(0);
    if (minute - start >= (month + 1) * 30 * 24 * 60 * MINUTE) onMonth(++month);
  }
  return { samples };
}

/** Minute -> school -> the devices that are looked at; undefined stands for all of them. */
function fineMinutes(faults: readonly Fault[], end: number): Map<number, Map<number, Set<string> | undefined>> {
  const fine = new Map<number, Map<number, Set<string> | undefined>>();
  const add = (fault: Fault, from: number, to: number): void => {
    for (let minute = from; minute <= Math.min(to, end); minute += MINUTE) {
      const ofMinute = fine.get(minute) ?? new Map<number, Set<string> | undefined>();
      fine.set(minute, ofMinute);
      if (fault.silent) {
        ofMinute.set(fault.school, undefined);
        continue;
      }
      if (ofMinute.has(fault.school) && ofMinute.get(fault.school) === undefined) continue;
      const names = ofMinute.get(fault.school) ?? new Set<string>();
      for (const name of fault.wrong.keys()) names.add(name);
      ofMinute.set(fault.school, names);
    }
  };
  for (const fault of faults) {
    add(fault, fault.from - MINUTE, Math.min(fault.from + FINE_AT_START_MS, fault.to));
    const slow = [...fault.wrong.values()].includes('errors');
    add(fault, fault.to, fault.to + (slow ? FINE_AFTER_ERRORS_MS : FINE_AT_END_MS));
  }
  return fine;
}

function roundOf(
  devices: readonly Device[],
  faults: readonly Fault[],
  only: ReadonlySet<string> | undefined,
  time: number,
): ReturnType<typeof samplesOf> {
  return devices
    .filter(({ name }) => only === undefined || only.has(name))
    .flatMap((device) => samplesOf(device, troubleOf(device.name, faults), time));
}

const NONE: ReadonlySet<Trouble> = new Set();

function troubleOf(name: string, faults: readonly Fault[]): ReadonlySet<Trouble> {
  const troubles = faults.flatMap(({ wrong }) => wrong.get(name) ?? []);
  return troubles.length === 0 ? NONE : new Set(troubles);
}
