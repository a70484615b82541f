import type { PingSettings, Target } from '../config.ts';

/** Targets that are asked together: the same interval, number of packets and timeout. */
export interface PingGroup {
  readonly key: string;
  readonly settings: PingSettings;
  readonly periodMs: number;
  /** As configured, or what the interval leaves. */
  readonly timeoutMs: number;
  /** When all must be over, counted from the start of the cycle. */
  readonly withinMs: number;
  readonly targets: readonly Target[];
}

/** Between two packets to one host, where there is room for it and the group is not large. */
const PERIOD_MS = 500;
/** A large group gets a longer period: one process sends a packet each millisecond and keeps a fifth of the period free. */
const PER_HOST_MS = 1.25;
const MIN_PERIOD_MS = 20;
/** Share of the interval over which the packets of a cycle are spread, and the share after which the last answer is no longer waited for. */
const SPREAD = 0.6;
const WAIT = 0.75;

export function pingGroups(targets: readonly Target[]): PingGroup[] {
  const pinged = targets.filter((t): t is Target & { ping: PingSettings } => t.ping !== undefined);
  const groups = Map.groupBy(pinged, ({ ping }) => `ping ${ping.interval} ${ping.count} ${ping.timeout}`);
  return [...groups].map(([key, members]) => {
    const settings = members[0]!.ping;
    const room = (settings.interval * SPREAD - settings.timeout) / settings.count;
    const wanted = Math.max(PERIOD_MS, Math.ceil(members.length * PER_HOST_MS));
    const periodMs = Math.round(Math.min(wanted, Math.max(MIN_PERIOD_MS, room)));
    const withinMs = Math.floor(settings.interval * WAIT);
    const left = Math.max(MIN_PERIOD_MS, withinMs - settings.count * periodMs);
    return { key, settings, periodMs, timeoutMs: Math.min(settings.timeout, left), withinMs, targets: members };
  });
}
