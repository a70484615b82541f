import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SchoolDevice } from './device.ts';

export const SCHOOL = 'lincoln-charter';
export const SITE = 'main';
/** The two people of the demo: their contact names and who they work for. */
export const PEOPLE = [
  { contact: 'it.kim', name: 'Kim Lee', party: 'internal', title: "Kim Lee, the school's own specialist" },
  { contact: 'noc.oncall', name: 'Provider on call', party: 'provider', title: 'the provider on call' },
] as const;

export interface PhoneAddress {
  readonly contact: string;
  readonly url: string;
  readonly secret: string;
  /** The same person's topic at an ntfy server: a second way to reach them. */
  readonly ntfy: string;
}

/** The domain threshold whose breach brings the provider in; rules.yaml below. */
export const DOMAIN_RULE = 'access-points-down';

// As config/rules/network.yaml, with a `for` short enough to watch.
const RULES = `# The rules of the demo: those of config/rules, with a "for" short enough to watch.
rules:
  - name: device-down
    domain: infrastructure
    severity: critical
    measurement: device
    field: down
    scope: { role: "!ap" }
    above: 0
    for: 4s
    clear_for: 2s
    summary: "{device} does not answer: neither ping nor SNMP"

  - name: uplink-utilisation
    domain: switching
    severity: warning
    measurement: interface
    field: out_util_percent
    scope: { ifAlias: "*uplink*" }
    above: 90
    clear: 80
    for: 4s
    clear_for: 2s
    summary: "{device} {ifName} ({ifAlias}) sends at {value} % of its speed"

  - name: interface-errors
    domain: cabling
    severity: warning
    measurement: interface
    field: in_errors_per_s
    above: 1
    clear: 0.5
    for: 4s
    clear_for: 2s
    summary: "{device} {ifName} takes {value} errors a second"

  - name: ${DOMAIN_RULE}
    domain: wireless
    severity: critical
    measurement: device
    field: down
    scope: { role: ap }
    above: 0
    for: 4s
    clear_for: 2s
    domain_threshold: { share: 10, clear: 5, at_least: 2 }
    summary: "{bad} of {total} access points at {site} are down"
`;

function schoolFile(phones: readonly PhoneAddress[]): string {
  const contact = (person: (typeof PEOPLE)[number]): string => {
    const { url, secret, ntfy } = phones.find((p) => p.contact === person.contact)!;
    return `  ${person.contact}:
    name: ${person.name}
    channels:
      - { type: webhook, url: "${url}", secret: "${secret}" }
      - { type: ntfy, url: "${ntfy}" }
`;
  };
  return `# The provider answers for wireless and the network; cabling stays with the school's own specialist.
school: ${SCHOOL}
tz: America/New_York
parties:
${PEOPLE.map((p) => `  ${p.party}: { contacts: [${p.contact}], coverage: always }`).join('\n')}
contacts:
${PEOPLE.map(contact).join('')}safety_net: [${PEOPLE.map((p) => p.contact).join(', ')}]
base: { owner: internal }
engagements:
  - id: infra
    kind: domain
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-07-01
    grants:
      - { owner: provider, scope: { domain: [wireless, switching, routing, wan] } }
`;
}

/** Writes the collector's configuration, rules and school into `dir`; returns the path of collector.yaml. */
export function writeCollectorFiles(dir: string, port: number, phones: readonly PhoneAddress[]): string {
  writeFileSync(join(dir, 'rules.yaml'), RULES);
  writeFileSync(join(dir, 'school.yaml'), schoolFile(phones), { mode: 0o600 });
  const file = join(dir, 'collector.yaml');
  writeFileSync(
    file,
    `listen: { host: 127.0.0.1, port: ${port} }
data_dir: ./data
storage: { driver: sqlite }
rules: [rules.yaml]
schools: [school.yaml]
webhooks: { allow: ["127.0.0.0/8"] }   # the demo's phones live on this machine
notify: { group: 0s }                  # each alert by itself: the demo is over within a minute
tick: 1s
log_level: info
`,
  );
  return file;
}

export interface AgentFileOptions {
  readonly collectorUrl: string;
  readonly token: string;
  readonly fping: string;
  readonly community: string;
  readonly snmpPort: number;
  /** Where the agent shows its own metrics. */
  readonly metricsPort: number;
  readonly devices: readonly SchoolDevice[];
}

/** Writes the agent's configuration into `dir`; returns its path. */
export function writeAgentFile(dir: string, options: AgentFileOptions): string {
  const targets = options.devices.map(
    ({ spec: { name, address, role } }) => `  - { name: ${name}, host: ${address}, role: ${role} }`,
  );
  const file = join(dir, 'agent.yaml');
  writeFileSync(
    file,
    `collector: { url: "${options.collectorUrl}", token: "${options.token}" }
spool: { path: ${JSON.stringify(join(dir, 'spool.db'))} }
interval: 2s
ping: { interval: 2s, count: 3, timeout: 300ms }
icmp: { fping: ${JSON.stringify(options.fping)} }
listen: { host: 127.0.0.1, port: ${options.metricsPort} }
credentials:
  default: { version: 2c, community: ${options.community}, port: ${options.snmpPort}, timeout: 500ms, retries: 0 }
targets:
${targets.join('\n')}
`,
    { mode: 0o600 },
  );
  return file;
}

/** Writes a shell wrapper that runs the stand-in for fping with this process's Node (another may be first on PATH); returns its path. */
export function writeFpingWrapper(dir: string, script: string, controlUrl: string): string {
  const file = join(dir, 'fping');
  writeFileSync(
    file,
    `#!/bin/sh\nBELLWETHER_SIM_CONTROL='${controlUrl}' exec '${process.execPath}' '${script}' "$@"\n`,
  );
  chmodSync(file, 0o755);
  return file;
}
