import { agentSample } from '../../agent/self-report.ts';
import type { FieldValue, Sample } from '../../core/sample.ts';

const STEP_MS = 30_000;
const STEPS = 20;

/** Ten minutes of a school with a router, a switch with two ports, and an access point that is down at the end: the shapes an agent sends. */
export function pollSamples(school: string, now: number): Sample[] {
  const samples: Sample[] = [];
  for (let i = STEPS; i > 0; i--) {
    const time = now - i * STEP_MS;
    samples.push(...pollDevice(school, 'rt-1', 'router', time, false));
    samples.push(...pollDevice(school, 'sw-1', 'switch', time, false));
    samples.push(...pollDevice(school, 'ap-1', 'ap', time, i < 5));
    samples.push(selfReport(school, time));
  }
  return samples;
}

function selfReport(school: string, time: number): Sample {
  const status = {
    time,
    uptimeMs: 60_000,
    targets: 3,
    polls: { ok: 9, failed: 0 },
    spool: { records: 0, bytes: 4096, oldestTime: undefined, dropped: { full: 0, age: 0, disk: 0, corrupt: 0 } },
    rejectedLines: 0,
    rssBytes: 1e8,
  };
  const { tags, ...rest } = agentSample({ host: 'mini-pc', version: '1' }, status, { uptimeMs: 0, droppedLines: 0 });
  return { ...rest, tags: { ...tags, school, site: 'main' } };
}

function pollDevice(school: string, device: string, role: string, time: number, down: boolean): Sample[] {
  const tags = { school, site: 'main', device, role };
  const sample = (
    measurement: string,
    fields: Record<string, FieldValue>,
    more: Record<string, string> = {},
  ): Sample => ({
    measurement,
    tags: { ...tags, ...more },
    fields,
    time,
  });
  const ping = down ? {} : { average_response_ms: 1.5 };
  const samples = [
    sample('device', { state: down ? 'down' : 'up', down: down ? 1n : 0n, snmp_problem: 0n }),
    sample('ping', { percent_packet_loss: down ? 100 : 0, ...ping }, { url: '127.0.0.1' }),
  ];
  if (down) return samples;
  samples.push(sample('snmp', { uptime: 86_400.5, sysDescr: `${role} ${device}` }));
  for (const port of [1, 2])
    samples.push(
      sample('interface', rates(port), { ifIndex: String(port), ifName: `Gi1/0/${port}`, ifAlias: `room ${port}` }),
    );
  return samples;
}

function rates(port: number): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const direction of ['in', 'out']) {
    fields[`${direction}_bits_per_s`] = 1e6 * port;
    fields[`${direction}_util_percent`] = 0.1 * port;
    fields[`${direction}_packets_per_s`] = 100 * port;
    fields[`${direction}_errors_per_s`] = 0;
    fields[`${direction}_discards_per_s`] = 0;
  }
  return fields;
}
