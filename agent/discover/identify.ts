import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp.ts';
import type { SnmpSession, VarBind } from '../drivers/snmp-session.ts';
import { toInteger, toText } from '../normalise/varbind.ts';
import { Conversation } from '../poll/conversation.ts';
import { ReplySize } from '../poll/reply-size.ts';
import { walkColumns } from '../poll/walk.ts';
import type { Identity } from './identity.ts';
import type { ProbeTarget } from './probe-one.ts';

export type IdentifyResult =
  | { readonly identity: Identity }
  /** `silent`: nothing came; `refused`: it speaks SNMP, but not with these credentials; `unusable`: what came makes no sense. */
  | { readonly outcome: 'silent' | 'refused' | 'unusable'; readonly detail: string };

/** Asks a device who it is, with one credential set: the first request is sent once, so that a wrong community is heard once. */
export type IdentifyOne = (target: ProbeTarget, signal: AbortSignal) => Promise<IdentifyResult>;

export interface IdentifyOptions {
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
}

const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_OBJECT_ID = '1.3.6.1.2.1.1.2.0';
const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const SYS_SERVICES = '1.3.6.1.2.1.1.7.0';
const IP_FORWARDING = '1.3.6.1.2.1.4.1.0';
const BRIDGE_ADDRESS = '1.3.6.1.2.1.17.1.1.0';
const BRIDGE_PORTS = '1.3.6.1.2.1.17.1.2.0';
const ENGINE_ID = '1.3.6.1.6.3.10.2.1.1.0';
const LLDP_CHASSIS_SUBTYPE = '1.0.8802.1.1.2.1.3.1.0';
const LLDP_CHASSIS_ID = '1.0.8802.1.1.2.1.3.2.0';
/** entPhysicalSerialNum of the first entity, which is the chassis wherever one stands alone. */
const FIRST_SERIAL = '1.3.6.1.2.1.47.1.1.1.1.11.1';
const UPS_MODEL = '1.3.6.1.2.1.33.1.1.2.0';
const UPS_STATUS = '1.3.6.1.2.1.33.1.2.1.0';
const PRINTER_CHANGES = '1.3.6.1.2.1.43.5.1.1.1.1';
const HOST_UPTIME = '1.3.6.1.2.1.25.1.1.0';
const MORE = [
  SYS_SERVICES,
  IP_FORWARDING,
  BRIDGE_ADDRESS,
  BRIDGE_PORTS,
  ENGINE_ID,
  LLDP_CHASSIS_SUBTYPE,
  LLDP_CHASSIS_ID,
  FIRST_SERIAL,
  UPS_MODEL,
  UPS_STATUS,
  PRINTER_CHANGES,
  HOST_UPTIME,
];
const IF_PHYS_ADDRESS = '1.3.6.1.2.1.2.2.1.6';
const IP_AD_ENT_ADDR = '1.3.6.1.2.1.4.20.1.1';
/** More rows than this tell nothing new of who a device is. */
const MAX_ROWS = 400;

export function createIdentify({ clock, resolve, open }: IdentifyOptions): IdentifyOne {
  return async ({ host, credentials }, signal) => {
    const session = open({ address: await resolve(host, signal), credentials, clock, onFault: () => {} });
    try {
      const first = await firstAnswer(session, signal);
      const size = new ReplySize(credentials.max_repetitions);
      const talk = new Conversation({ session, credentials, size, clock, signal });
      return { identity: await readMore(talk, first) };
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      return { outcome: OUTCOMES[error.code] ?? 'unusable', detail: error.message };
    } finally {
      session.close();
    }
  };
}

const OUTCOMES: Readonly<Partial<Record<string, 'silent' | 'refused'>>> = {
  BW_SNMP_TIMEOUT: 'silent',
  BW_SNMP_BUDGET: 'silent',
  BW_HOST_UNKNOWN: 'silent',
  BW_SNMP_AUTH: 'refused',
};

/** An error status is an answer too: the credentials are good, the rest will be seen. */
async function firstAnswer(session: SnmpSession, signal: AbortSignal): Promise<readonly VarBind[]> {
  try {
    return (await session.get([SYS_DESCR, SYS_OBJECT_ID, SYS_NAME], signal)).varbinds;
  } catch (error) {
    if (error instanceof BellwetherError && error.code === 'BW_SNMP_ERROR') return [];
    throw error;
  }
}

/** What fails from here on is left out: the device is there, and answers. */
async function readMore(talk: Conversation, first: readonly VarBind[]): Promise<Identity> {
  const found = new Map(first.filter((v) => !v.type.startsWith('noSuch')).map((v) => [v.oid, v]));
  let columns: ReadonlyMap<string, readonly VarBind[]> = new Map();
  try {
    for (const v of await talk.get(first.length > 0 ? MORE : [SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, ...MORE]))
      found.set(v.oid, v);
    const walk = await walkColumns((select) => talk.next(select), [IF_PHYS_ADDRESS, IP_AD_ENT_ADDR], MAX_ROWS);
    columns = new Map([...walk.columns].map(([oid, cells]) => [oid, [...cells.values()].map((c) => c.value)]));
  } catch (error) {
    if (!(error instanceof BellwetherError)) throw error;
  }
  return identityOf(found, columns);
}

/** Pure: the scalars by OID, and the values of the two columns. */
export function identityOf(
  scalars: ReadonlyMap<string, VarBind>,
  columns: ReadonlyMap<string, readonly VarBind[]>,
): Identity {
  const text = (oid: string): string | undefined => {
    const value = scalars.get(oid);
    return value && (toText(value) || undefined);
  };
  const number = (oid: string): number | undefined => {
    const value = scalars.get(oid);
    const whole = value && toInteger(value);
    return whole === undefined ? undefined : Number(whole);
  };
  const macs = (columns.get(IF_PHYS_ADDRESS) ?? []).flatMap((v) => hardwareAddress(v) ?? []);
  const addresses = (columns.get(IP_AD_ENT_ADDR) ?? []).map((v) => String(v.value));
  const bridge = scalars.get(BRIDGE_ADDRESS);
  const lldp = scalars.get(LLDP_CHASSIS_ID);
  // lldpChassisIdSubtype 4 is a MAC address; names and the like (5 to 7) are told apart by nobody.
  const chassis = [bridge, number(LLDP_CHASSIS_SUBTYPE) === 4 ? lldp : undefined].flatMap(
    (v) => (v && hardwareAddress(v)) ?? [],
  );
  const forwarding = number(IP_FORWARDING);
  const serial = text(FIRST_SERIAL);
  return {
    ...present('sysDescr', text(SYS_DESCR)),
    ...present('sysObjectID', text(SYS_OBJECT_ID)),
    ...present('sysName', text(SYS_NAME)),
    ...present('sysServices', number(SYS_SERVICES)),
    ...present('ipForwarding', forwarding === undefined ? undefined : forwarding === 1),
    ...present('bridgePorts', number(BRIDGE_PORTS)),
    ...present('engineId', octetsOf(scalars.get(ENGINE_ID))),
    serials: serial === undefined ? [] : [serial],
    chassisIds: [...new Set(chassis)],
    macs: [...new Set(macs)].sort(),
    addresses: addresses.filter((a) => !a.startsWith('127.') && a !== '0.0.0.0'),
    has: {
      ups: scalars.has(UPS_MODEL) || scalars.has(UPS_STATUS),
      printer: scalars.has(PRINTER_CHANGES),
      host: scalars.has(HOST_UPTIME),
    },
  };
}

function octetsOf(v: VarBind | undefined): string | undefined {
  return v?.value instanceof Uint8Array && v.value.length > 0 ? Buffer.from(v.value).toString('hex') : undefined;
}

function hardwareAddress(v: VarBind): string | undefined {
  const hex = octetsOf(v);
  return hex?.length === 12 && hex !== '000000000000' ? hex : undefined;
}

function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}
