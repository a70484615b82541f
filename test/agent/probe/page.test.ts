import { describe, expect, it } from 'vitest';
import { probePage } from '../../../agent/probe/page.ts';
import type { DeviceFacts } from '../../../core/device-facts.ts';

const facts: DeviceFacts = {
  sysName: 'sw-1',
  vendor: 'Acme',
  hardware: 'AC-24',
  version: '3.1.4',
  profiles: ['generic.yaml', 'acme.yaml'],
  interfaces: [
    {
      ifIndex: 1,
      ifName: 'Gi1',
      ifAlias: 'uplink',
      operStatus: 'up',
      speed_bps: 1e9,
      duplex: 'halfDuplex',
      inErrors: 2,
    },
    { ifIndex: 2, ifName: 'Gi2', operStatus: 'down' },
  ],
  cpu: [{ index: '0', descr: 'CPU', percent: 12 }],
  memory: [{ index: '0', descr: 'RAM', kind: 'system', percent: 50, total_bytes: 2 ** 30 }],
  sensors: [],
  wireless: [],
  poe: { pse: [], ports: [] },
  inventory: [],
  neighbors: [{ protocol: 'lldp', localPort: 'Gi1', sysName: 'core', portId: 'Gi0/7' }],
  chassisIds: [],
};
const page = (more: Partial<DeviceFacts> = {}): string =>
  probePage({
    target: '10.0.0.5',
    facts: { ...facts, ...more },
    outcome: 'ok',
    detail: undefined,
    durationMs: 40,
  });

describe('the page of a probe', () => {
  it('says who the device is, how it does and what hangs on it', () => {
    expect(page()).toBe(`10.0.0.5  sw-1
  device        Acme AC-24
  version       3.1.4

  processors (1)
    CPU  12 %

  memory (1)
    RAM  50 %  of 1.0 GiB

  interfaces up (1)
    1  Gi1  uplink  1 Gbit/s  HALF DUPLEX  2 errors
    1 interface is not up

  neighbours (1)
    lldp  Gi1  core  Gi0/7
  read in 40 ms by generic.yaml, acme.yaml
`);
  });

  it('shows of many sensors those first that are not well', () => {
    const ok = {
      class: 'state',
      index: '1',
      descr: 'Fan',
      value: 1,
      unit: '1',
      state_text: 'ok',
      severity: 'ok',
    } as const;
    const bad = { ...ok, descr: 'PSU 2', state_text: 'failed', severity: 'critical' } as const;
    const lines = page({ sensors: [...Array.from({ length: 60 }, () => ok), bad] }).split('\n');
    const at = lines.findIndex((l) => l.includes('sensors (61)'));
    expect(lines[at + 1]).toMatch(/PSU 2 +failed +CRITICAL/);
    expect(lines).toContain('    ... and 21 more');
  });

  it('lets no device speak to the terminal', () => {
    expect(page({ sysName: 'a\u001b[2Jb\u0007' })).toContain('10.0.0.5  a?[2Jb?\n');
    expect(page({ sysName: 'a\u202egpj.b\u2028c' })).toContain('10.0.0.5  a?gpj.b?c\n');
  });

  it('says of a silent one why', () => {
    const answer = {
      target: 'h',
      facts: undefined,
      outcome: 'BW_SNMP_TIMEOUT',
      detail: 'no answer within 2000 ms',
    } as const;
    expect(probePage({ ...answer, durationMs: 6000 })).toBe('h\n  no answer: no answer within 2000 ms\n');
  });
});
