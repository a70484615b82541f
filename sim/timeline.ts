import type { Clock } from '../core/clock.ts';
import { accessPointsDown, crcErrors, type Fault, saturatedUplink } from './fault.ts';

/** What happens to the school, and when, ms after the demo began. */
export interface TimelineStep {
  readonly at: number;
  readonly action: 'inject' | 'clear';
  readonly fault: Fault;
}

const FAULTS: readonly Fault[] = [
  saturatedUplink('sw-east', 'Gi1/0/25'),
  accessPointsDown(['ap-gym-1', 'ap-gym-2', 'ap-gym-3']),
  crcErrors('sw-west', 'Gi1/0/7'),
];

/** Calm, then three faults at once, then calm again. Demo rules open after 4 s, so each is told and resolved well inside a minute. */
export const DEMO_TIMELINE: readonly TimelineStep[] = [
  ...FAULTS.map((fault) => ({ at: 15_000, action: 'inject', fault }) as const),
  ...FAULTS.map((fault) => ({ at: 36_000, action: 'clear', fault }) as const),
];

/** Performs each step when it is due, `startedAt` being the monotonic time of 0; returns when done or when `signal` aborts. */
export async function playTimeline(
  steps: readonly TimelineStep[],
  perform: (step: TimelineStep) => void,
  options: { readonly clock: Clock; readonly startedAt: number; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, startedAt, signal } = options;
  for (const step of [...steps].sort((a, b) => a.at - b.at)) {
    await clock.sleep(startedAt + step.at - clock.monotonic(), signal);
    if (signal.aborted) return;
    perform(step);
  }
}
