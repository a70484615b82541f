import type { DeviceFacts } from '../../core/device-facts.ts';
import type { SnmpCredentials } from '../config.ts';

/** Where and how a device is asked. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly credentials: SnmpCredentials;
}

/** Why a device could not be read. */
export interface ProbeFault {
  readonly fault: string;
}

/** One pass over a device that is known to answer. Never throws for what a device does. */
export type ProbeOne = (target: ProbeTarget, signal: AbortSignal) => Promise<DeviceFacts | ProbeFault>;

/** A credential set with the name it has in the agent's configuration. */
export interface NamedCredentials {
  readonly name: string;
  readonly credentials: SnmpCredentials;
}
