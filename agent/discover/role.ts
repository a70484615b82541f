import type { DeviceFacts, InterfaceFacts } from '../../core/device-facts.ts';
import { ROLE_DOMAIN, type Role } from '../../core/domain.ts';
import type { Identity } from './identity.ts';

export interface RoleVerdict {
  readonly role: Role;
  /** What it was told by. */
  readonly reason: string;
}

/** How profiles call a role: ours, and `type` in those of others. */
const ROLE_NAMES: ReadonlyMap<string, Role> = new Map([
  ...(Object.keys(ROLE_DOMAIN) as Role[]).map((role): [string, Role] => [role, role]),
  ['access_point', 'ap'],
  ['wireless', 'ap'],
  ['printer', 'other'],
  ['storage', 'server'],
]);
/** IANAifType ieee80211. */
const WIRELESS = 71;
/** IANAifType of Ethernet ports, as most devices have them. */
const ETHERNET = new Set([6, 62, 69, 117]);
/** sysServices (RFC 3418): bits of layers 2, 3 and 7. */
const LAYER_2 = 2;
const LAYER_3 = 4;
const LAYER_7 = 64;
/** A bridge with fewer ports is an access point, a phone, or a host with containers. */
const SWITCH_PORTS = 5;
/** With more Ethernet ports than a router or server has, what forwards or has the MIB of hosts is a switch all the same. */
const MANY_PORTS = 16;

/** A sysDescr that begins as `uname -a`, and what Windows and ESXi say; switches too name their Linux, at the end. */
const HOST_SYSTEM = /^(linux|\w*bsd|darwin|sunos)\b|\bwindows\b|\besxi\b/i;

/** Words by which a device says what it is in its sysDescr, the surest first. Whose product is what stands in its profile (`type`). */
const WORDS: readonly (readonly [Role, RegExp])[] = [
  ['other', /laserjet|officejet|\bprinter\b|jetdirect|\bmfp\b|\bpdu\b|ip ?phone|camera/i],
  ['sensor', /environmental (management|monitor)|netbotz/i],
  ['ups', /\bups\b|uninterruptible|\bsymmetra\b|\bsmart-ups\b|powernet|web\/snmp management card|\bkva\b/i],
  [
    'firewall',
    /\bfirewall\b|fortigate|palo alto|pan-os|sonicwall|adaptive security appliance|\bpix\b|firepower|threat defense|pfsense|opnsense|watchguard|fireware|zywall|\busg ?(flex|\d)|stormshield|check ?point|sophos|barracuda|screenos|netscreen|\bsrx\d/i,
  ],
  ['switch', /\bswitch\b|catalyst|procurve|powerconnect|\bnexus\b|jetstream|edgeswitch/i],
  [
    'ap',
    /access ?point|base station|\bairport\b|\bunifi.?ap|\bu[a7]p?-|\biap-?\d|\bap-\d{3}|airos|airmax|airfiber|aironet|\bmr\d{2}\b|cnpilot|hiveap|hiveos|\bzoneflex\b|\bwap\d|wireless (lan )?(ap|bridge)/i,
  ],
  ['router', /\brouter\b|routeros|\bvyos\b|vyatta|edgeos|edgerouter|draytek|mikrotik/i],
];

/**
 * What a device is, in the roles of the configuration, and by what that was told: its profile, what MIBs it has, the words it uses, what it does.
 * Pure.
 */
export function roleOf(identity: Identity, facts: DeviceFacts | undefined): RoleVerdict {
  const role = ROLE_NAMES.get(facts?.role?.toLowerCase().replaceAll(' ', '_') ?? '');
  const told = role && { role, reason: `its profile says so (${facts?.profiles.at(-1)})` };
  // A profile of the software it runs (net-snmp) knows no more than that it is some host.
  if (told && role !== 'server' && role !== 'other') return told;
  if (identity.has.ups) return { role: 'ups', reason: 'it has the UPS-MIB (RFC 1628)' };
  if (identity.has.printer) return { role: 'other', reason: 'it has the Printer-MIB (RFC 3805)' };
  return told ?? byWords(identity) ?? byWhatItDoes(identity, facts?.interfaces ?? []);
}

function byWords({ sysDescr }: Identity): RoleVerdict | undefined {
  if (sysDescr === undefined) return undefined;
  for (const [role, pattern] of WORDS) {
    const word = pattern.exec(sysDescr)?.[0];
    if (word !== undefined) return { role, reason: `sysDescr says "${word}"` };
  }
  return undefined;
}

function byWhatItDoes(identity: Identity, interfaces: readonly InterfaceFacts[]): RoleVerdict {
  const { sysServices = 0, ipForwarding = (sysServices & LAYER_3) !== 0, bridgePorts = 0, has } = identity;
  const ethernet = interfaces.filter((i) => ETHERNET.has(i.ifType ?? 0)).length;
  const software = HOST_SYSTEM.exec(identity.sysDescr ?? '')?.[0];
  if (interfaces.some((i) => i.ifType === WIRELESS) && ethernet < SWITCH_PORTS)
    return { role: 'ap', reason: 'it has radios and few ports' };
  if (bridgePorts >= SWITCH_PORTS) return { role: 'switch', reason: `it bridges ${bridgePorts} ports` };
  // A host with containers has as many ports as a switch.
  if (software !== undefined && has.host) return { role: 'server', reason: `a host that runs ${software}` };
  if (ethernet >= MANY_PORTS) return { role: 'switch', reason: `it has ${ethernet} Ethernet ports` };
  if (ipForwarding && (sysServices & LAYER_3) !== 0)
    return { role: 'router', reason: 'it forwards packets (ipForwarding, sysServices)' };
  if (has.host) return { role: 'server', reason: 'it has the HOST-RESOURCES-MIB' };
  if (ethernet >= SWITCH_PORTS) return { role: 'switch', reason: `it has ${ethernet} Ethernet ports` };
  if ((sysServices & (LAYER_2 | LAYER_3)) === LAYER_2)
    return { role: 'switch', reason: 'it works on layer 2 (sysServices)' };
  if (software !== undefined) return { role: 'server', reason: `it runs ${software}` };
  if ((sysServices & LAYER_7) !== 0 && (sysServices & LAYER_3) === 0)
    return { role: 'server', reason: 'it works on layer 7 (sysServices)' };
  return { role: 'other', reason: 'nothing tells what it is' };
}
