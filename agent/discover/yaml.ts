import type { Link, UnknownNeighbor } from './links.ts';
import type { Proposal, ProposedDevice } from './proposal.ts';

/** What the text says of itself. */
export interface YamlOptions {
  /** As typed in: `10.1.0.0/22 10.2.0.0/24`. */
  readonly swept: string;
  /** `2026-11-24`. */
  readonly date: string;
  /** Show only what the configuration does not have. */
  readonly merge: boolean;
}

/** Lines of what was seen besides devices, in each list. */
const LISTED = 50;

/** A proposal as `targets:` of an agent's configuration. What devices say of themselves stands in comments, made harmless. Pure. */
export function targetsYaml(proposal: Proposal, options: YamlOptions): string {
  const { comparison } = proposal;
  const entries = options.merge
    ? [
        ...comparison.fresh.map((device) => entry(device, ['new'])),
        ...comparison.moved.map(({ device, was }) => entry(device, [`changed address: was ${was}`])),
      ]
    : proposal.devices.map((device) => entry(device, []));
  return [
    ...header(proposal, options),
    entries.length > 0 ? `targets:\n${entries.join('\n\n')}` : '# No target to propose.',
    ...(options.merge ? lost(proposal) : []),
    ...block(
      "What hangs on what, for the topology of the school's file (docs/suppression.md):",
      topologyLines(proposal),
    ),
    ...block('Seen by LLDP or CDP, not reachable:', listed(proposal.unknown.map(unknownLine))),
    ...block('Answer a ping, but no SNMP with these credentials:', listed(proposal.quiet.map(quietLine))),
  ].join('\n\n');
}

/** The part for the school's file. */
export function topologyYaml(proposal: Proposal, options: YamlOptions): string {
  const lines = topologyLines(proposal);
  return [...header(proposal, options), lines.length > 0 ? lines.join('\n') : '# No uplink is known.'].join('\n\n');
}

function header({ devices, addresses, settled, complete }: Proposal, { swept, date }: YamlOptions): string[] {
  const found = `${devices.length} device${devices.length === 1 ? '' : 's'} in ${addresses} address${addresses === 1 ? '' : 'es'}`;
  const first = `# Proposed by \`agent discover ${safe(swept)}\` on ${date}: ${found}.`;
  return [complete ? first : `${first}\n# PARTIAL: ended early, ${settled} of ${addresses} addresses were asked.`];
}

function entry(device: ProposedDevice, notes: readonly string[]): string {
  const comments = [...notes, ...remarks(device)].map((text) => `  # ${safe(text)}`);
  return [
    ...comments,
    `  - name: ${scalar(device.name)}`,
    `    host: ${scalar(device.host)}`,
    `    role: ${device.role}`,
    `    snmp: ${scalar(device.credentials)}`,
  ].join('\n');
}

function remarks(device: ProposedDevice): string[] {
  const { vendor, model, version, serial, sysDescr, otherAddresses, unitedBy, placement, fault } = device;
  const what = [vendor, model].filter((text) => text).join(' ') || sysDescr || 'says nothing of itself';
  const marks = [what, version && `version ${version}`, serial && `serial ${serial}`].filter((text) => text);
  const others = `address: ${device.hostReason}; also ${otherAddresses.join(', ')} (${unitedBy.join(', ')})`;
  return [
    marks.join(', '),
    `${device.role}: ${device.roleReason}`,
    ...(otherAddresses.length > 0 ? [others] : []),
    ...placement.parents.map(({ device: parent, links }) => `uplink: ${parent} (${cables(device.name, links)})`),
    ...(placement.isRoot ? ['uplink: none, everything here hangs on it'] : []),
    ...(fault === undefined ? [] : [`not read: ${fault}`]),
  ];
}

/** `Te1/1/1 - Gi1/0/3`, the own port first. */
export function cables(own: string, links: readonly Link[]): string {
  const ends = links.map(({ b, aPort = '?', bPort = '?', protocol }) => {
    const [near, far] = b === own ? [bPort, aPort] : [aPort, bPort];
    return `${near} - ${far}, ${protocol.toUpperCase()}`;
  });
  return ends.join('; ');
}

function topologyLines({ devices }: Proposal): string[] {
  const lines = devices.flatMap(({ name, placement: { parents } }) => {
    if (parents.length === 0) return [];
    const names = parents.map(({ device }) => scalar(device));
    const parent = names.length === 1 ? names[0] : `[${names.join(', ')}]`;
    const ports = parents.map(({ links }) => cables(name, links)).join(' | ');
    return [`    - { device: ${scalar(name)}, parent: ${parent} } # ${safe(ports)}`];
  });
  return lines.length > 0 ? ['topology:', '  uplinks:', ...lines] : [];
}

function lost({ comparison: { gone, quiet } }: Proposal): string[] {
  return [
    ...block(
      'Gone (in the configuration, asked and silent):',
      gone.map(({ name, host }) => `${name}, ${host}`),
    ),
    ...block(
      'Answer a ping, but SNMP no longer:',
      quiet.map(({ name, host }) => `${name}, ${host}`),
    ),
  ];
}

function unknownLine({ seenBy, port, protocol, name, platform, address, chassisId }: UnknownNeighbor): string {
  const words = [name, platform?.slice(0, 60), address, name === undefined ? chassisId : undefined];
  return `${words.filter((w) => w).join(', ')} (${protocol.toUpperCase()} of ${seenBy}, ${port ?? 'port not told'})`;
}

function quietLine({ address, detail }: Proposal['quiet'][number]): string {
  return detail === undefined ? address : `${address}: ${detail}`;
}

function listed(lines: readonly string[]): string[] {
  if (lines.length <= LISTED) return [...lines];
  return [...lines.slice(0, LISTED), `and ${lines.length - LISTED} more (--json has all)`];
}

function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [[`# ${title}`, ...lines.map((line) => `#   ${safe(line)}`)].join('\n')];
}

/** One line of a comment, whatever a device says: no control character, no line break of any kind, not endless. */
export function safe(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 200)
    .toWellFormed();
}

/** YAML 1.2 and 1.1 read these, and what looks like a number, as something else than text. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** A text as a scalar of the configuration, where `${` would be a variable. */
export function scalar(text: string): string {
  if (/^[a-z][\w.-]*$/i.test(text) && !WORDS.test(text)) return text;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return text;
  return JSON.stringify(text.replaceAll('${', '$${'));
}
