import type { Device, Trouble } from './network.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Something that breaks at a school; times are whole minutes. */
export interface Fault {
  readonly school: number;
  /** The agent says nothing meanwhile, and catches up on nothing. */
  readonly silent: boolean;
  /** What the round finds wrong, by device. */
  readonly wrong: ReadonlyMap<string, Trouble>;
  readonly from: number;
  readonly to: number;
}

export interface FaultPlan {
  readonly start: number;
  readonly end: number;
  readonly schools: number;
  readonly perSchool: number;
}

/** The faults of the year, in order. Most are short; some last days; they come at every hour, and some in the middle of others. */
export function planFaults(plan: FaultPlan, devices: readonly Device[], chance: () => number): Fault[] {
  const faults: Fault[] = [];
  for (let school = 0; school < plan.schools; school++)
    for (let i = 0; i < plan.perSchool; i++) {
      const from = wholeMinute(plan.start + HOUR + chance() * (plan.end - plan.start - 2 * HOUR));
      const lasts = Math.exp(Math.log(4 * MINUTE) + chance() * Math.log(400));
      const to = Math.min(wholeMinute(from + lasts) + MINUTE, plan.end - HOUR);
      if (to > from) faults.push({ school, ...breakage(devices, chance), from, to });
    }
  return faults.sort((a, b) => a.from - b.from);
}

function breakage(devices: readonly Device[], chance: () => number): Pick<Fault, 'silent' | 'wrong'> {
  const pick = (fits: (device: Device) => boolean): Device => {
    const some = devices.filter(fits);
    return some[Math.floor(chance() * some.length)]!;
  };
  const one = (device: Device, trouble: Trouble) => ({ silent: false, wrong: new Map([[device.name, trouble]]) });
  const kind = chance();
  if (kind < 0.05) return { silent: true, wrong: new Map() };
  if (kind < 0.25) {
    const root = kind < 0.1 ? devices.find(({ name }) => name === 'core1')! : pick(({ role }) => role === 'switch');
    const dark = devices.filter(({ name, behind }) => name === root.name || behind.includes(root.name));
    return { silent: false, wrong: new Map(dark.map(({ name }) => [name, 'down' as const])) };
  }
  if (kind < 0.5)
    return one(
      pick(({ role }) => role === 'ap' || role === 'ups'),
      'down',
    );
  if (kind < 0.6) return one(devices.find(({ tags }) => tags['link'] === 'wan')!, 'loss');
  if (kind < 0.75)
    return one(
      pick(({ ports }) => ports.length > 0),
      'errors',
    );
  if (kind < 0.85)
    return one(
      pick(({ ports }) => ports.length > 0),
      'busy',
    );
  if (kind < 0.9)
    return one(
      pick(({ ports }) => ports.length > 0),
      'restarted',
    );
  return one(
    pick(({ role }) => role !== 'ap'),
    'snmp',
  );
}

function wholeMinute(ms: number): number {
  return Math.floor(ms / MINUTE) * MINUTE;
}
