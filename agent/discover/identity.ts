import { knownSerial } from '../../core/serial.ts';

/**
 * What a device says of itself before it is read whole: enough to know it again under another address, and to tell what it is.
 * Addresses of hardware are 12 hex digits. A field is undefined where the device does not say.
 */
export interface Identity {
  readonly sysDescr: string | undefined;
  readonly sysObjectID: string | undefined;
  readonly sysName: string | undefined;
  /** Bits of the layers it works on (RFC 3418). */
  readonly sysServices: number | undefined;
  readonly ipForwarding: boolean | undefined;
  /** dot1dBaseNumPorts (RFC 4188). */
  readonly bridgePorts: number | undefined;
  /** snmpEngineID (RFC 3411), hex. */
  readonly engineId: string | undefined;
  readonly serials: readonly string[];
  /** dot1dBaseBridgeAddress and lldpLocChassisId. */
  readonly chassisIds: readonly string[];
  /** Of its interfaces, each once, sorted. */
  readonly macs: readonly string[];
  /** Its own IPv4 addresses, without loopback. */
  readonly addresses: readonly string[];
  /** It has the standard MIB of these (RFC 1628, RFC 3805, RFC 2790). */
  readonly has: { readonly ups: boolean; readonly printer: boolean; readonly host: boolean };
}

/**
 * Why two readings come from one device; undefined: as far as can be seen they do not. Anything that contradicts wins, so that devices with cloned
 * settings (engine ID, name) stay apart. Pure.
 */
export function sameDevice(a: Identity, b: Identity): string | undefined {
  if (a.sysObjectID !== b.sysObjectID) return undefined;
  const serials = [a, b].map((of) => of.serials.filter((serial) => knownSerial(serial) !== undefined));
  const chassis = [a.chassisIds, b.chassisIds];
  const macs = [a, b].map((of) => of.macs.filter(isBurnedIn));
  for (const [left, right] of [serials, chassis, macs])
    if (left!.length > 0 && right!.length > 0 && shared(left!, right!) === undefined) return undefined;
  const serial = shared(serials[0]!, serials[1]!);
  if (serial !== undefined) return `serial ${serial}`;
  const id = shared(chassis[0]!, chassis[1]!);
  if (id !== undefined) return `chassis ${id}`;
  const named = a.sysName !== undefined && a.sysName !== '' && a.sysName === b.sysName;
  if (a.engineId !== undefined && a.engineId === b.engineId && a.sysName === b.sysName) return `engine ${a.engineId}`;
  const sameMacs = macs[0]!.length > 0 && macs[0]!.join() === macs[1]!.join();
  if (named && sameMacs) return `name ${a.sysName} and the same interfaces`;
  return undefined;
}

/** Not made up by software (the "local" bit of IEEE 802), and not zeros. */
function isBurnedIn(mac: string): boolean {
  return mac !== '000000000000' && (Number.parseInt(mac.slice(0, 2), 16) & 0x03) === 0;
}

function shared(a: readonly string[], b: readonly string[]): string | undefined {
  return a.find((one) => b.includes(one));
}
