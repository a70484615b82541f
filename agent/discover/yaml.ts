import type { Link } from './cables.ts';
import type { NamedCredentials } from './known.ts';
import type { UnknownNeighbor } from './links.ts';
import type { Proposal, ProposedDevice } from './proposal.ts';
import { isNext } from './ranges.ts';
import { counted, safe } from './words.ts';

/** What the text says of itself. */
export interface YamlOptions {
  /** As typed in: `10.1.0.0/22 10.2.0.0/24`. */
  readonly swept: string;
  /** `2026-11-24`. */
  readonly date: string;
  /** Show only what the configuration does not have. */
  readonly merge: boolean;
  /** Sets that were tried; only their names and versions are shown. */
  readonly credentials: readonly NamedCredentials[];
}

/** Lines of what was seen besides devices, in each list. */
const LISTED = 50;

/** A proposal as `targets:` of an agent's configuration. What devices say of themselves stands in comments, made harmless. Pure. */
export function targetsYaml(proposal: Proposal, options: YamlOptions): string {
  const { comparison } = proposal;
  const devices = options.merge ? comparison.fresh : proposal.devices;
  const none = options.merge ? '# Nothing new.' : '# No target to propose.';
  return [
    ...header(proposal, options),
    ...credentialLines(devices, options),
    devices.length > 0 ? `targets:\n${devices.map(entry).join('\n\n')}` : none,
    ...(options.merge ? changes(proposal) : []),
    ...block(
      "What hangs on what, for the topology of the school's file (docs/suppression.md):",
      topologyLines(proposal),
    ),
    ...block(
      'Seen by LLDP or CDP, but not among these (another network, or no SNMP):',
      listed(proposal.unknown.map(unknownLine).map(safe)),
    ),
    ...block('Answer a ping, but no SNMP with these credentials:', listed(quietLines(proposal.quiet).map(safe))),
  ].join('\n\n');
}

/** The part for the school's file. */
export function topologyYaml(proposal: Proposal, options: YamlOptions): string {
  const lines = topologyLines(proposal);
  return [...header(proposal, options), lines.length > 0 ? lines.join('\n') : '# No uplink is known.'].join('\n\n');
}

function header({ devices, addresses, settled, complete }: Proposal, { swept, date }: YamlOptions): string[] {
  const found = `${counted(devices.length, 'device')} in ${counted(addresses, 'address')}`;
  const first = `# Proposed by \`agent discover ${safe(swept)}\` on ${date}: ${found}.`;
  return [complete ? first : `${first}\n# PARTIAL: ended early, ${settled} of ${addresses} addresses were asked.`];
}

/** What the sets that the targets name must be. No secret is ever shown. */
function credentialLines(devices: readonly ProposedDevice[], { credentials }: YamlOptions): string[] {
  const used = credentials.filter(({ name }) => devices.some((d) => d.credentials === name));
  return block(
    'Needs these credential sets:',
    used.map(({ name, credentials: { version } }) => safe(`${name} (SNMP v${version})`)),
  );
}

function entry(device: ProposedDevice): string {
  const { name, host, role, credentials } = device;
  return [
    ...remarks(device).map((text) => `  # ${safe(text)}`),
    `  - name: ${scalar(name)}`,
    `    host: ${scalar(host)}`,
    `    role: ${role}`,
    credentials === undefined ? '    # snmp: as written out in the configuration' : `    snmp: ${scalar(credentials)}`,
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

function changes({ comparison: { moved, gone, quiet } }: Proposal): string[] {
  return [
    ...block(
      'Changed address:',
      moved.map(({ device: { name, host }, was }) => safe(`${name}: host: ${host} (was ${was})`)),
    ),
    ...block(
      'Gone (in the configuration, asked and silent):',
      gone.map(({ name, host }) => safe(`${name}, ${host}`)),
    ),
    ...block(
      'Answer a ping, but SNMP no longer:',
      quiet.map(({ name, host }) => safe(`${name}, ${host}`)),
    ),
  ];
}

function unknownLine({ seenBy, port, protocol, name, platform, address, chassisId }: UnknownNeighbor): string {
  const words = [name, platform?.slice(0, 60), address, name === undefined ? chassisId : undefined];
  return `${words.filter((w) => w).join(', ')} (${protocol.toUpperCase()} of ${seenBy}, ${port ?? 'port not told'})`;
}

/** Addresses that follow each other, and of which there is as much to say, on one line. */
function quietLines(quiet: Proposal['quiet']): string[] {
  const runs: { first: string; last: string; detail: string | undefined }[] = [];
  for (const { address, detail } of quiet) {
    const run = runs.at(-1);
    if (run && run.detail === detail && isNext(run.last, address)) run.last = address;
    else runs.push({ first: address, last: address, detail });
  }
  return runs.map(({ first, last, detail }) => {
    const where = first === last ? first : `${first} to ${last}`;
    return detail === undefined ? where : `${where}: ${detail}`;
  });
}

function listed(lines: readonly string[]): string[] {
  if (lines.length <= LISTED) return [...lines];
  return [...lines.slice(0, LISTED), `and ${lines.length - LISTED} more (--json has all)`];
}

/** Lines that are harmless already, as a comment; nothing where there are none. */
function block(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [[`# ${title}`, ...lines.map((line) => `#   ${line}`)].join('\n')];
}

/** YAML 1.2 and 1.1 read these, and what looks like a number, as something else than text. */
const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i;

/** A text as a scalar of the configuration, where `${` would be a variable. */
export function scalar(text: string): string {
  if (/^[a-z][\w.-]*$/i.test(text) && !WORDS.test(text)) return text;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return text;
  return JSON.stringify(text.replaceAll('${', '$${'));
}
