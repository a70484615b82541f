import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule, ThresholdRule } from '../../collector/alert/rule.ts';
import { loadRules } from '../../collector/alert/rule-file.ts';
import { encodeLines } from '../../core/line-protocol-encode.ts';
import { matchesScope } from '../../core/matcher.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';
import { ROOT } from '../support/source-files.ts';

/** What the ingest benchmark sends: minutes of a fleet of schools, one body per school and minute, as an agent writes it. */

export interface Fleet {
  readonly schools: number;
  readonly switches: number;
  readonly ports: number;
}

export const MINUTE = 60_000;
/** A Monday, 9 in the morning in New York. */
export const START = Date.UTC(2026, 9, 5, 13);
export const RULES = 200;

export function schoolName(school: number): string {
  return `school-${school}`;
}

export function bodyFile(school: number, minute: number): string {
  return `${minute}-${school}.lp`;
}

/** Lines of one body of each kind of target: its ports, `device`, `ping`, `snmp`. */
export function linesPerBody(fleet: Fleet): number {
  return fleet.switches * (fleet.ports + 3);
}

/** One minute of one school in line protocol, times in ns. */
export function body(fleet: Fleet, school: number, minute: number): string {
  const samples: Sample[] = [];
  for (let n = 0; n < fleet.switches; n++) samples.push(...device(fleet, school, n, minute));
  return encodeLines(samples, 'ns');
}

/** Every tenth device is an access point with the same ports: roles differ, as scopes do. */
function device(fleet: Fleet, school: number, n: number, minute: number): Sample[] {
  const host = `10.${school}.${n >> 5}.${(n & 31) + 10}`;
  const role = n % 10 === 9 ? 'ap' : 'switch';
  const tags = {
    zone: `building-${n % 4}`,
    agent_host: host,
    source: host,
    device: `${role}-${String.fromCharCode(97 + (n % 26))}${n}`,
    role,
    domain: role === 'ap' ? 'wireless' : 'switching',
  };
  const time = START + minute * MINUTE + n * 137;
  const named = { ...tags, sysName: `${tags.device}.school-${school}.example` };
  const ports = Array.from({ length: fleet.ports }, (_, i) => port(named, n, i, minute, time));
  return [
    ...ports,
    { measurement: 'snmp', tags: named, fields: { uptime: 86_400 * 30 + minute * 60 + 0.37 }, time },
    { measurement: 'device', tags, fields: { down: 0n, snmp_problem: 0n, poll_ms: 38.25 + (minute % 5) }, time },
    { measurement: 'ping', tags: { ...tags, url: host }, fields: ping(n, minute), time },
  ];
}

function ping(n: number, minute: number): Record<string, FieldValue> {
  const mean = 0.4 + noise(n, minute) * 3;
  return {
    result_code: 0n,
    packets_transmitted: 5n,
    packets_received: 5n,
    percent_packet_loss: 0,
    average_response_ms: mean,
    minimum_response_ms: mean * 0.7,
    maximum_response_ms: mean * 1.9,
    standard_deviation_ms: mean / 3,
    jitter_ms: mean / 7,
  };
}

/** A port in three carries traffic, one in three only broadcasts, one is unplugged. */
function port(tags: Record<string, string>, n: number, i: number, minute: number, time: number): Sample {
  const kind = i % 3;
  const rate = kind === 0 ? 2e6 + noise(n * 64 + i, minute) * 9e7 : kind === 1 ? 3000 + noise(i, minute) * 2000 : 0;
  const packets = rate / 6400;
  const total = BigInt(Math.floor((n * 64 + i + 1) * 7e9 + (rate / 8) * 60 * (minute + 1)));
  const fields: Record<string, FieldValue> = {
    ifOperStatus: kind === 2 ? 2n : 1n,
    ifHCInOctets: kind === 2 ? 0n : total,
    ifHCOutOctets: kind === 2 ? 0n : total * 3n,
    ifHCInUcastPkts: kind === 2 ? 0n : total / 811n,
    ifHCOutUcastPkts: kind === 2 ? 0n : total / 433n,
    ifInErrors: 0n,
    ifOutErrors: 0n,
    ifInDiscards: kind === 0 ? BigInt(i) : 0n,
    ifOutDiscards: 0n,
    // Read every ten minutes.
    ...(minute % 10 === 0 ? { ifAdminStatus: 1n, ifHighSpeed: 1000n } : {}),
    in_bits_per_s: rate,
    out_bits_per_s: rate * 3,
    in_packets_per_s: packets,
    out_packets_per_s: packets * 1.87,
    in_errors_per_s: 0,
    out_errors_per_s: 0,
    in_util_percent: rate / 1e7,
    out_util_percent: (rate * 3) / 1e7,
    ...(packets * 60 > 1000 ? { error_percent: 0 } : {}),
  };
  const names = { ifIndex: String(10_101 + i), ifName: `Gi1/0/${i + 1}`, ifDescr: `GigabitEthernet1/0/${i + 1}` };
  const ifAlias = i >= 48 ? `Uplink to MDF ${i - 47}` : `Room ${100 + ((n * 7 + i) % 300)}, wall ${i}`;
  return { measurement: 'interface', tags: { ...tags, ...names, ifAlias }, fields, time };
}

/** 0 to 1, the same for the same arguments. */
function noise(a: number, b: number): number {
  let h = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}

/** For each measurement a field that all its lines have: their counts are the count of lines. */
export const MARK_FIELDS = [
  ['interface', 'ifOperStatus'],
  ['snmp', 'uptime'],
  ['device', 'down'],
  ['ping', 'result_code'],
] as const;

/** How many rules look at a line of the load, on average. */
export function rulesPerLine(fleet: Fleet): number {
  const rules = benchRules();
  let fitting = 0;
  let lines = 0;
  for (let n = 0; n < fleet.switches; n++) {
    for (const { measurement, tags } of device(fleet, 0, n, 0)) {
      const stamped = { ...tags, school: schoolName(0), site: 'main' };
      lines++;
      for (const rule of rules)
        if (rule.kind !== 'silence' && rule.measurement === measurement && matchesScope(rule.scope, stamped)) fitting++;
    }
  }
  return fitting / lines;
}

/** Field, share of the rules, a level no value of the load reaches. */
const LOOKED_AT: readonly (readonly [measurement: string, field: string, level: number])[] = [
  ['interface', 'in_util_percent', 95],
  ['interface', 'out_util_percent', 95],
  ['interface', 'in_errors_per_s', 1],
  ['interface', 'out_errors_per_s', 1],
  ['interface', 'error_percent', 0.1],
  ['interface', 'ifOutDiscards', 1000],
  ['ping', 'percent_packet_loss', 20],
  ['ping', 'average_response_ms', 150],
  ['device', 'down', 0],
  ['snmp', 'uptime', 1e9],
];

/** The shipped rules and, up to 200, those that an installation of many schools adds: for a role, a building, uplinks, single models and schools. */
export function benchRules(): Rule[] {
  const folder = join(ROOT, 'config/rules');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const shipped = loadRules(files.map((name) => join(folder, name)));
  const added = Array.from({ length: RULES - shipped.length }, (_, i) => addedRule(i));
  return [...shipped, ...added];
}

function addedRule(i: number): ThresholdRule {
  const [measurement, field, level] = LOOKED_AT[i % LOOKED_AT.length]!;
  const nth = Math.floor(i / LOOKED_AT.length);
  const port = measurement === 'interface';
  const scopes: ThresholdRule['scope'][] = [
    { role: 'switch' },
    { zone: `building-${nth % 4}` },
    port ? { ifAlias: '*uplink*' } : { role: 'switch', zone: 'building-0' },
    { school: schoolName(nth) },
    { device: `switch-${String.fromCharCode(97 + nth)}*` },
    { zone: 'building-1', role: '!ap' },
  ];
  return {
    kind: 'threshold',
    name: `added-${i}`,
    domain: undefined,
    severity: i % 3 === 0 ? 'critical' : 'warning',
    summary: '{device}: {value}',
    measurement,
    field,
    scope: scopes[nth % scopes.length]!,
    direction: 'above',
    threshold: level,
    clear: level * 0.8,
    forMs: 300_000,
    clearForMs: 0,
  };
}
