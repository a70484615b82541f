import type { Sample } from '../../../core/sample.ts';

/** A device of a simulated school, seen through what the agent writes of it. */
export interface Device {
  readonly name: string;
  readonly role: string;
  /** Every device on the way to the agent, the nearest first. */
  readonly behind: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly ports: readonly Readonly<Record<string, string>>[];
}

/** What is wrong with a device at an instant. */
export type Trouble = 'down' | 'snmp' | 'loss' | 'errors' | 'busy' | 'restarted';

const DAY_S = 86_400;

/** Fifty devices as a middle school has them: a line to the internet, a firewall, a core, eight access switches, their access points, two UPSes. */
export function schoolNetwork(school: string, site: string): Device[] {
  const devices: Device[] = [];
  const add = (name: string, role: string, behind: readonly string[], more: Record<string, string> = {}): void => {
    const tags = { school, site, device: name, role, agent_host: name, ...more };
    const ports = role === 'switch' ? [{ ...tags, ifName: 'Te1/0/1', ifAlias: 'uplink to core1' }] : [];
    devices.push({ name, role, behind, tags, ports });
  };
  add('core1', 'switch', []);
  add('fw1', 'firewall', ['core1']);
  add('isp', 'router', ['fw1', 'core1'], { link: 'wan' });
  for (let i = 1; i <= 8; i++) add(`sw${i}`, 'switch', ['core1'], { zone: i < 5 ? 'main/1' : 'wing-b/1' });
  for (let i = 1; i <= 37; i++) {
    const above = `sw${1 + (i % 8)}`;
    const grades = i % 3 === 0 ? { grades: '4' } : {};
    const make = i % 5 === 0 ? { vendor: 'meraki', model: 'MR46' } : {};
    add(`ap${i}`, 'ap', [above, 'core1'], { zone: i % 8 < 4 ? 'main/1' : 'wing-b/1', ...grades, ...make });
  }
  add('ups1', 'ups', ['core1']);
  add('ups2', 'ups', ['sw5', 'core1']);
  return devices;
}

/** The part of a school's file that says what hangs on what. */
export function uplinksYaml(devices: readonly Device[]): string {
  const rows = devices.flatMap(({ name, behind }) => (behind[0] ? [`    ${name}: ${behind[0]}`] : []));
  return ['topology:', '  uplinks:', ...rows, ''].join('\n');
}

/** What the agent would write of a device after one round, given what is wrong with it. */
export function samplesOf(device: Device, trouble: ReadonlySet<Trouble>, time: number): Sample[] {
  const { tags, ports } = device;
  const down = trouble.has('down');
  const of = (measurement: string, fields: Sample['fields'], labels = tags): Sample => ({
    measurement,
    tags: labels,
    fields,
    time,
  });
  const samples = [
    of('device', { down: down ? 1 : 0, snmp_problem: !down && trouble.has('snmp') ? 1 : 0 }),
    of('ping', {
      percent_packet_loss: down ? 100 : trouble.has('loss') ? 30 : 0,
      ...(!down && { average_response_ms: 4, jitter_ms: 1 }),
    }),
  ];
  if (down || trouble.has('snmp')) return samples;
  if (ports.length > 0) samples.push(of('snmp', { uptime: trouble.has('restarted') ? 60 : 20 * DAY_S }));
  for (const port of ports)
    samples.push(
      of(
        'interface',
        {
          error_percent: trouble.has('errors') ? 0.3 : 0,
          in_util_percent: trouble.has('busy') ? 97 : 30,
          out_util_percent: 20,
          ifOperStatus: 1,
        },
        port,
      ),
    );
  return samples;
}
