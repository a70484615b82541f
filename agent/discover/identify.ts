import type { Clock } from '../../core/clock.ts';
import { BellwetherError } from '../../core/errors.ts';
import type { SnmpCredentials } from '../config.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession, SnmpSession, VarBind } from '../drivers/snmp-session.ts';
import { OWN_ADDRESSES, SYSTEM } from '../facts/facts.ts';
import { toHex, toMac } from '../facts/octets.ts';
import { toInteger, toText } from '../normalise/varbind.ts';
import { Conversation } from '../poll/conversation.ts';
import { ReplySize } from '../poll/reply-size.ts';
import { walkColumns } from '../poll/walk.ts';
import type { Identity } from './identity.ts';

export type IdentifyResult =
  | { readonly identity: Identity }
  /** `silent`: nothing came; `refused`: it speaks SNMP, but not with these credentials; `unusable`: what came makes no sense. */
  | { readonly outcome: 'silent' | 'refused' | 'unusable'; readonly detail: string };

/** Asks an address who it is, with one credential set. The first request is sent once: devices report each wrong community (authenticationFailure). */
export type Identify = (address: string, credentials: SnmpCredentials, signal: AbortSignal) => Promise<IdentifyResult>;

export interface IdentifyDeps {
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
}

const FIRST = [SYSTEM.sysDescr, SYSTEM.sysObjectID, SYSTEM.sysName];
const SYS_SERVICES = '1.3.6.1.2.1.1.7.0';
const IP_FORWARDING = '1.3.6.1.2.1.4.1.0';
const BRIDGE_PORTS = '1.3.6.1.2.1.17.1.2.0';
const ENGINE_ID = '1.3.6.1.6.3.10.2.1.1.0';
/** entPhysicalSerialNum of the first entity, which is the chassis wherever one stands alone. */
const FIRST_SERIAL = '1.3.6.1.2.1.47.1.1.1.1.11.1';
const UPS_MODEL = '1.3.6.1.2.1.33.1.1.2.0';
const UPS_STATUS = '1.3.6.1.2.1.33.1.2.1.0';
const PRINTER_CHANGES = '1.3.6.1.2.1.43.5.1.1.1.1';
const HOST_UPTIME = '1.3.6.1.2.1.25.1.1.0';
const MORE = [
  ...[SYS_SERVICES, IP_FORWARDING, BRIDGE_PORTS, ENGINE_ID, FIRST_SERIAL, ...OWN_ADDRESSES],
  ...[UPS_MODEL, UPS_STATUS, PRINTER_CHANGES, HOST_UPTIME],
];
const IF_PHYS_ADDRESS = '1.3.6.1.2.1.2.2.1.6';
const IP_AD_ENT_ADDR = '1.3.6.1.2.1.4.20.1.1';
/** More rows than this tell nothing new of who a device is. */
const MAX_ROWS = 400;

export function createIdentify({ clock, resolve, open }: IdentifyDeps): Identify {
  return async (host, credentials, signal) => {
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
    return (await session.get(FIRST, signal)).varbinds;
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
    for (const v of await talk.get(first.length > 0 ? MORE : [...FIRST, ...MORE])) found.set(v.oid, v);
    const walk = await walkColumns((select) => talk.next(select), [IF_PHYS_ADDRESS, IP_AD_ENT_ADDR], MAX_ROWS);
    columns = new Map([...walk.columns].map(([oid, cells]) => [oid, [...cells.values()].map((c) => c.value)]));
  } catch (error) {
    if (!(error instanceof BellwetherError)) throw error;
  }
  return toIdentity(found, columns);
}

/** Pure: the scalars by OID, and the values of the two columns. */
export function toIdentity(
  scalars: ReadonlyMap<string, VarBind>,
  columns: ReadonlyMap<string, readonly VarBind[]>,
): Identity {
  const reading = <T>(oid: string, read: (v: VarBind) => T | undefined): T | undefined => {
    const value = scalars.get(oid);
    return value && read(value);
  };
  const text = (oid: string): string | undefined => reading(oid, (v) => toText(v) || undefined);
  const number = (oid: string): number | undefined => {
    const whole = reading(oid, toInteger);
    return whole === undefined ? undefined : Number(whole);
  };
  const forwarding = number(IP_FORWARDING);
  const serial = text(FIRST_SERIAL);
  const addresses = (columns.get(IP_AD_ENT_ADDR) ?? []).map((v) => String(v.value));
  return {
    sysDescr: text(SYSTEM.sysDescr),
    sysObjectID: text(SYSTEM.sysObjectID),
    sysName: text(SYSTEM.sysName),
    sysServices: number(SYS_SERVICES),
    ipForwarding: forwarding === undefined ? undefined : forwarding === 1,
    bridgePorts: number(BRIDGE_PORTS),
    engineId: reading(ENGINE_ID, (v) => toHex(v) || undefined),
    serials: serial === undefined ? [] : [serial],
    chassisIds: hardware(OWN_ADDRESSES.flatMap((oid) => scalars.get(oid) ?? [])),
    macs: hardware(columns.get(IF_PHYS_ADDRESS) ?? []).sort(),
    addresses: addresses.filter((a) => !a.startsWith('127.') && a !== '0.0.0.0'),
    has: {
      ups: scalars.has(UPS_MODEL) || scalars.has(UPS_STATUS),
      printer: scalars.has(PRINTER_CHANGES),
      host: scalars.has(HOST_UPTIME),
    },
  };
}

/** Addresses of hardware, each once; what is none (a chassis known by its name) is left out. */
function hardware(values: readonly VarBind[]): string[] {
  const macs = values.flatMap((v) => (v.value instanceof Uint8Array && v.value.length === 6 ? (toMac(v) ?? []) : []));
  return [...new Set(macs.filter((mac) => mac !== '000000000000'))];
}
