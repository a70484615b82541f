import type { FieldValue } from '../../core/sample.ts';

/** Result of the latest ping cycle: `unknown` when it could not be sent (no fping, no address), `pending` before the first. */
export type PingEvidence = 'alive' | 'silent' | 'unknown' | 'pending';
/** Result of the latest SNMP poll: `failing` answers, but not what was asked; `silent` does not answer at all. */
export type SnmpEvidence = 'ok' | 'failing' | 'silent' | 'unknown' | 'pending';

/** Undefined: not configured. */
export interface Evidence {
  readonly ping: PingEvidence | undefined;
  readonly snmp: SnmpEvidence | undefined;
}

export type DeviceStateName = 'up' | 'snmp_problem' | 'ping_problem' | 'down' | 'unknown';

/**
 * What ping and SNMP together say about a device. Down needs silence on every way of asking, ping being one of them; a device whose SNMP
 * alone is silent has an SNMP problem. Nothing known is `unknown`, never down.
 */
export function deviceState({ ping, snmp }: Evidence): DeviceStateName {
  const alive = ping === 'alive';
  const answers = snmp === 'ok' || snmp === 'failing';
  if (ping === 'silent') {
    if (answers) return 'ping_problem';
    return snmp === undefined || snmp === 'silent' ? 'down' : 'unknown';
  }
  if (snmp === 'failing' || snmp === 'silent') return ping === 'pending' ? 'unknown' : 'snmp_problem';
  return alive || snmp === 'ok' ? 'up' : 'unknown';
}

/**
 * Fields of the measurement `device`. What is not known is left out; a device that is down has no other problem besides.
 */
export function deviceFields(evidence: Evidence): Record<string, FieldValue> {
  const state = deviceState(evidence);
  const fields: Record<string, FieldValue> = { state };
  if (state === 'unknown') return fields;
  const { ping, snmp } = evidence;
  const down = state === 'down';
  fields['down'] = flag(down);
  if (snmp !== undefined && snmp !== 'pending' && snmp !== 'unknown')
    fields['snmp_problem'] = flag(!down && snmp !== 'ok');
  if (ping === 'alive' || ping === 'silent') fields['ping_problem'] = flag(!down && ping === 'silent');
  return fields;
}

function flag(value: boolean): bigint {
  return value ? 1n : 0n;
}
