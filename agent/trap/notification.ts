import type { VarBind } from '../drivers/snmp-session.ts';

/** A trap or an inform as its sender meant it, whatever version it came in. */
export interface Notification {
  readonly kind: 'trap' | 'inform';
  readonly version: '1' | '2c' | '3';
  /** snmpTrapOID.0, or what RFC 3584 section 3.1 makes of a v1 trap. */
  readonly trapOid: string;
  /** The sender's sysUpTime in 1/100 s. */
  readonly uptime: number | undefined;
  /** v1's own field, or snmpTrapEnterprise.0. */
  readonly enterprise: string | undefined;
  /** Where a relay says that the trap came from: v1's agent-addr, or snmpTrapAddress.0 (RFC 3584). Anybody can write anything there. */
  readonly agentAddress: string | undefined;
  /** In their order, without sysUpTime.0, snmpTrapOID.0, and the community that a relay adds. */
  readonly varbinds: readonly VarBind[];
}

export const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
export const SNMP_TRAP_OID = '1.3.6.1.6.3.1.1.4.1.0';
const SNMP_TRAP_ENTERPRISE = '1.3.6.1.6.3.1.1.4.3.0';
const SNMP_TRAP_ADDRESS = '1.3.6.1.6.3.18.1.3.0';
/** The v1 community in clear, from relays (RFC 3584): a secret, which must not get into events. */
const SNMP_TRAP_COMMUNITY = '1.3.6.1.6.3.18.1.4.0';
/** coldStart, warmStart, linkDown, linkUp, authenticationFailure, egpNeighborLoss are 1 to 6 below it (RFC 3418). */
const SNMP_TRAPS = '1.3.6.1.6.3.1.1.5';
const ENTERPRISE_SPECIFIC = 6;
const NOT_SHOWN: ReadonlySet<string> = new Set([SYS_UP_TIME, SNMP_TRAP_OID, SNMP_TRAP_COMMUNITY]);

/** The fields of a v1 Trap-PDU (RFC 1157 section 4.1.6). */
export interface TrapV1 {
  readonly enterprise: string;
  readonly agentAddress: string;
  readonly generic: number;
  readonly specific: number;
  readonly uptime: number;
  readonly varbinds: readonly VarBind[];
}

/** RFC 3584 section 3.1: the generic traps have OIDs of their own, the others are ENTERPRISE.0.SPECIFIC. */
export function trapOidOfV1({ generic, specific, enterprise }: TrapV1): string {
  return generic === ENTERPRISE_SPECIFIC ? `${enterprise}.0.${specific}` : `${SNMP_TRAPS}.${generic + 1}`;
}

export function fromV1(trap: TrapV1): Notification {
  return {
    kind: 'trap',
    version: '1',
    trapOid: trapOidOfV1(trap),
    uptime: trap.uptime,
    enterprise: trap.enterprise,
    agentAddress: trap.agentAddress === '0.0.0.0' ? undefined : trap.agentAddress,
    varbinds: trap.varbinds,
  };
}

/** RFC 3416 section 4.2.6: the first two varbinds are sysUpTime.0 and snmpTrapOID.0. Undefined when the second is nowhere to be found. */
export function fromV2(
  kind: Notification['kind'],
  version: '2c' | '3',
  varbinds: readonly VarBind[],
): Notification | undefined {
  const valueAt = (oid: string): VarBind['value'] | undefined => varbinds.find((v) => v.oid === oid)?.value;
  const trapOid = valueAt(SNMP_TRAP_OID);
  if (typeof trapOid !== 'string') return undefined;
  const uptime = valueAt(SYS_UP_TIME);
  const enterprise = valueAt(SNMP_TRAP_ENTERPRISE);
  const agentAddress = valueAt(SNMP_TRAP_ADDRESS);
  return {
    kind,
    version,
    trapOid,
    uptime: typeof uptime === 'number' ? uptime : undefined,
    enterprise: typeof enterprise === 'string' ? enterprise : undefined,
    agentAddress: typeof agentAddress === 'string' && agentAddress !== '0.0.0.0' ? agentAddress : undefined,
    varbinds: varbinds.filter((v) => !NOT_SHOWN.has(v.oid)),
  };
}
