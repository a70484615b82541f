import type { DeviceFacts, InterfaceFacts, NeighborFacts, SensorFacts } from '../../core/device-facts.ts';
import type { ProbeAnswer } from './probe.ts';

/** Interfaces that a page shows one by one; the rest is counted. */
const PORTS_SHOWN = 60;
const ROWS_SHOWN = 40;

/** What a probe found as a page for a technician: identity first, then what may be wrong, then the parts. */
export function probePage(answer: ProbeAnswer): string {
  const { facts } = answer;
  if (!facts) return `${answer.target}\n  no answer: ${answer.detail ?? answer.outcome}\n`;
  const lines = [
    `${answer.target}${facts.sysName ? `  ${facts.sysName}` : ''}`,
    ...identity(facts),
    ...(answer.outcome === 'ok' ? [] : [`  incomplete    ${answer.detail ?? answer.outcome} (${answer.outcome})`]),
    ...load(facts),
    ...sensors(facts),
    ...wireless(facts),
    ...power(facts),
    ...ports(facts.interfaces),
    ...neighbours(facts.neighbors),
    ...parts(facts),
    `  read in ${answer.durationMs} ms by ${facts.profiles.join(', ')}`,
  ];
  return `${lines.map(plain).join('\n')}\n`;
}

/** A device's texts are strangers': what a terminal would obey, or would write the other way round, is shown as a question mark. */
function plain(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

function identity(f: DeviceFacts): string[] {
  const rows: [string, string | undefined][] = [
    ['device', [f.vendor, f.hardware].filter((t) => t !== undefined).join(' ') || 'not known'],
    ['version', f.version],
    ['serial', f.serial],
    ['role', f.role],
    ['description', f.sysDescr?.slice(0, 160)],
    ['object', f.sysObjectID],
    ['location', f.sysLocation],
    ['up', f.sysUpTime_ticks === undefined ? undefined : upTime(f.sysUpTime_ticks)],
  ];
  return rows.flatMap(([name, text]) => (text ? [`  ${name.padEnd(13)} ${text}`] : []));
}

function upTime(ticks: number): string {
  const minutes = Math.floor(ticks / 6000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** A title and rows of equal columns; nothing at all where there are none. */
function section(title: string, rows: readonly (readonly string[])[], shown = ROWS_SHOWN): string[] {
  if (rows.length === 0) return [];
  const visible = rows.slice(0, shown);
  const widths = (visible[0] ?? []).map((_, i) => Math.min(40, Math.max(...visible.map((r) => (r[i] ?? '').length))));
  const lines = visible.map((row) => `    ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd());
  const rest = rows.length - visible.length;
  return ['', `  ${title} (${rows.length})`, ...lines, ...(rest > 0 ? [`    ... and ${rest} more`] : [])];
}

function load(f: DeviceFacts): string[] {
  return [
    ...section(
      'processors',
      f.cpu.map((c) => [c.descr, `${c.percent} %`]),
    ),
    ...section(
      'memory',
      f.memory.map((m) => [m.descr, `${m.percent} %`, m.total_bytes === undefined ? '' : `of ${bytes(m.total_bytes)}`]),
    ),
  ];
}

function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(n) / 10)));
  return `${(n / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Less is more urgent. */
function urgency({ severity }: SensorFacts): number {
  return severity === 'critical' ? 0 : severity === 'warning' ? 1 : 2;
}

/** What is not well before the rest, so that it is not among the rows that are only counted. */
function sensors(f: DeviceFacts): string[] {
  return section(
    'sensors',
    f.sensors
      .toSorted((a, b) => urgency(a) - urgency(b))
      .map((s) => [
        s.class,
        s.descr,
        s.state_text ?? `${Number(s.value.toFixed(3))} ${s.unit === '1' ? '' : s.unit}`.trim(),
        s.severity && s.severity !== 'ok' ? s.severity.toUpperCase() : '',
      ]),
  );
}

function wireless(f: DeviceFacts): string[] {
  return section(
    'wireless',
    f.wireless.map((w) => [w.class, w.descr, `${w.value} ${w.unit === '1' ? '' : w.unit}`.trim(), w.scope ?? '']),
  );
}

function power(f: DeviceFacts): string[] {
  const faults = f.poe.ports.filter((p) => p.detection === 'fault' || p.detection === 'otherFault');
  return [
    ...section(
      'power over Ethernet',
      f.poe.pse.map((p) => [
        `group ${p.group}`,
        `${p.consumed_watts ?? '?'} of ${p.available_watts ?? '?'} W`,
        p.operStatus ?? '',
      ]),
    ),
    ...section(
      'ports with a power fault',
      faults.map((p) => [p.descr ?? p.index, p.detection ?? '']),
    ),
  ];
}

/** Ports that are up, or administratively up with errors, before the rest. */
function ports(interfaces: readonly InterfaceFacts[]): string[] {
  const up = interfaces.filter((i) => i.operStatus === 'up');
  const rows = up.map((i) => [
    String(i.ifIndex),
    i.ifName ?? i.ifDescr ?? '',
    i.ifAlias ?? '',
    i.speed_bps === undefined ? '' : speed(i.speed_bps),
    i.duplex === 'halfDuplex' ? 'HALF DUPLEX' : '',
    (i.inErrors ?? 0) + (i.outErrors ?? 0) > 0 ? `${(i.inErrors ?? 0) + (i.outErrors ?? 0)} errors` : '',
  ]);
  const down = interfaces.length - up.length;
  return [
    ...section('interfaces up', rows, PORTS_SHOWN),
    ...(down > 0 ? [`    ${down} ${down === 1 ? 'interface is' : 'interfaces are'} not up`] : []),
  ];
}

function speed(bps: number): string {
  return bps >= 1e9 ? `${bps / 1e9} Gbit/s` : `${bps / 1e6} Mbit/s`;
}

function neighbours(neighbors: readonly NeighborFacts[]): string[] {
  return section(
    'neighbours',
    neighbors.map((n) => [
      n.protocol,
      n.localPort ?? String(n.ifIndex ?? n.localPortNum ?? ''),
      n.sysName ?? n.deviceId ?? n.chassisId ?? '',
      n.portDesc ?? n.portId ?? '',
      n.platform ?? '',
    ]),
  );
}

function parts(f: DeviceFacts): string[] {
  return section(
    'parts with a serial number',
    f.inventory
      .filter((p) => p.serial !== undefined)
      .map((p) => [p.class ?? '', p.name ?? p.descr ?? '', p.model ?? '', p.serial!]),
  );
}
