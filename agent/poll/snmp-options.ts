import type { Clock } from '../../core/clock.ts';
import type { SnmpCredentials, Target } from '../config.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession, SnmpFault } from '../drivers/snmp-session.ts';
import type { Profile } from '../profile/profile.ts';
import type { LayoutCache } from './layout-cache.ts';
import type { PollPlan } from './plan.ts';

export interface SnmpDeviceOptions {
  readonly target: Target;
  readonly credentials: SnmpCredentials;
  readonly profile: Profile;
  readonly plan: PollPlan;
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
  readonly onFault: (fault: SnmpFault, detail: string) => void;
  /** Reads the interfaces by blocks where the device allows it; the plain way only when left out. */
  readonly ports?: { readonly layouts: LayoutCache; readonly slowEvery: number };
  /** Told when the device is asked in another way than before, and why, in words. */
  readonly onCause?: (cause: string) => void;
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
}

/** What ping says of a device at the moment: undefined when it says nothing. */
export type IsAlive = boolean | undefined;
