import { readFileSync } from 'node:fs';

/** The 15 columns that gosnmp is measured with (gopoll), and sysUpTime. */
export const PROFILE = `metrics:
  - { MIB: SNMPv2-MIB, symbol: { OID: 1.3.6.1.2.1.1.3.0, name: sysUpTimeInstance } }
  - MIB: IF-MIB
    table: { OID: 1.3.6.1.2.1.2.2, name: ifTable }
    symbols:
      - { OID: 1.3.6.1.2.1.2.2.1.7, name: ifAdminStatus, metric_type: gauge }
      - { OID: 1.3.6.1.2.1.2.2.1.8, name: ifOperStatus, metric_type: gauge }
      - { OID: 1.3.6.1.2.1.2.2.1.13, name: ifInDiscards, metric_type: rate }
      - { OID: 1.3.6.1.2.1.2.2.1.14, name: ifInErrors, metric_type: rate }
      - { OID: 1.3.6.1.2.1.2.2.1.19, name: ifOutDiscards, metric_type: rate }
      - { OID: 1.3.6.1.2.1.2.2.1.20, name: ifOutErrors, metric_type: rate }
    metric_tags:
      - { tag: ifIndex, index: 1 }
  - MIB: IF-MIB
    table: { OID: 1.3.6.1.2.1.31.1.1, name: ifXTable }
    symbols:
      - { OID: 1.3.6.1.2.1.31.1.1.1.6, name: ifHCInOctets, metric_type: rate }
      - { OID: 1.3.6.1.2.1.31.1.1.1.7, name: ifHCInUcastPkts, metric_type: rate }
      - { OID: 1.3.6.1.2.1.31.1.1.1.8, name: ifHCInMulticastPkts, metric_type: rate }
      - { OID: 1.3.6.1.2.1.31.1.1.1.9, name: ifHCInBroadcastPkts, metric_type: rate }
      - { OID: 1.3.6.1.2.1.31.1.1.1.10, name: ifHCOutOctets, metric_type: rate }
      - { OID: 1.3.6.1.2.1.31.1.1.1.11, name: ifHCOutUcastPkts, metric_type: rate }
      - { OID: 1.3.6.1.2.1.31.1.1.1.15, name: ifHighSpeed, metric_type: gauge }
    metric_tags:
      - { tag: ifName, symbol: { OID: 1.3.6.1.2.1.31.1.1.1.1, name: ifName } }
      - { tag: ifAlias, symbol: { OID: 1.3.6.1.2.1.31.1.1.1.18, name: ifAlias } }
`;

/** CPU seconds of a process and its children that have ended; clock ticks are 1/100 s (USER_HZ) on every Linux that Node runs on. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, k) => sum + Number(fields[k]), 0) / 100;
}

export function memoryMb(pid: number, key: 'VmRSS' | 'VmHWM'): number {
  const kb = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kb) * 1024) / 1e5) / 10;
}
