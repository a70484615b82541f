import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DOMAINS } from '../../core/domain.ts';
import { durationFrom } from '../../runtime/config-schema.ts';
import type { Alert } from '../alert/alert.ts';
import { labelText } from '../alert/fault-key.ts';
import { SEVERITIES, type Severity } from '../engagement/decision.ts';
import { cut } from '../notify/channels/text-limit.ts';
import type { NotifiedAlert } from './notification.ts';

const domain = z.enum(DOMAINS);
const severity = z.enum(SEVERITIES as [Severity, ...Severity[]]);

/** How what an Alertmanager tells becomes ours: `alertmanager:` of the collector's configuration. */
export const alertmanagerSchema = z.strictObject({
  /** The label that says how bad it is, and what its values mean beside the well-known ones. */
  severity_label: z.string().min(1).default('severity'),
  severities: z.record(z.string(), severity).default({}),
  default_severity: severity.default('warning'),
  /** The label that names a domain, and what its values mean where they are none of ours. */
  domain_label: z.string().min(1).default('domain'),
  domains: z.record(z.string(), domain).default({}),
  /** By `alertname`; wins over the label. */
  rules: z.record(z.string(), domain).default({}),
  default_domain: domain.default('daily'),
  /** The first of these labels that an alert has is its device; of `host:port` the host. */
  device_labels: z.array(z.string().min(1)).default(['device', 'hostname', 'host', 'node', 'instance']),
  /** By `alertname`: alerts that always fire, so that their silence tells that Prometheus, or its Alertmanager, is gone. They open nothing here. */
  watchdogs: z.array(z.string().min(1)).default(['Watchdog', 'DeadMansSwitch']),
  /** An open alert that was not told of for so long is asked after. Well above the repeat_interval (4h unless set). */
  silent_after: durationFrom('10m', '30d').prefault('12h'),
});

export type AlertmanagerMapping = z.output<typeof alertmanagerSchema>;

/** What people write into `severity`, in any case. */
const SEVERITY_WORDS: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  crit: 'critical',
  page: 'critical',
  emergency: 'critical',
  disaster: 'critical',
  fatal: 'critical',
  high: 'critical',
  warning: 'warning',
  warn: 'warning',
  error: 'warning',
  major: 'warning',
  average: 'warning',
  medium: 'warning',
  ticket: 'warning',
  minor: 'info',
  low: 'info',
  info: 'info',
  information: 'info',
  informational: 'info',
  notice: 'info',
  none: 'info',
};

/** An older start is not counted against whoever answers: nobody here knew. As for samples that arrive late. */
export const LATE_MS = 15 * 60_000;
const LONGEST_NAME = 100;
const LONGEST_VALUE = 500;
const LONGEST_TEXT = 2_000;
const MOST_LABELS = 64;

/** Begins the keys of all of them, and of no other alert: schools are slugs. */
export const IMPORTED_KEY = 'alertmanager:';

/** The identity of the fault: the labels by which Alertmanager knows it (of which the fingerprint is a hash), within the token's school and site. */
export function importedKey(school: string, site: string, { fingerprint, labels }: NotifiedAlert): string {
  const own = /^[0-9a-f]{16}$/i.test(fingerprint) ? fingerprint.toLowerCase() : hashed(labelText(labels));
  return `${IMPORTED_KEY}${school}/${site}/${own}`;
}

/** What a watchdog of a site is remembered by. */
export function watchdogKey(school: string, site: string): string {
  return `${IMPORTED_KEY}${school}/${site}/watchdog`;
}

/** Our alert for one that fires. School and site are the token's, whatever its labels say. Pure; `now` in ms, `id` for a new one. */
export function importedAlert(
  notified: NotifiedAlert,
  { school, site }: { readonly school: string; readonly site: string },
  mapping: AlertmanagerMapping,
  now: number,
  id: string,
): Alert {
  const { labels, annotations, startsAt } = notified;
  const rule = cut(labels['alertname'] || 'alertmanager', LONGEST_NAME);
  const device = deviceOf(labels, mapping);
  const openedAt = startsAt > now || startsAt < now - LATE_MS ? now : startsAt;
  const { summary, condition } = textsOf(annotations, rule, device);
  return {
    id,
    key: importedKey(school, site, notified),
    school,
    site,
    rule,
    domain: domainOf(labels, mapping),
    severity: severityOf(labels, mapping),
    state: 'open',
    labels: ownLabels(labels, mapping, device),
    summary,
    condition,
    value: Number.isFinite(Number(annotations['value'] || 'none')) ? Number(annotations['value']) : 1,
    pendingAt: openedAt,
    openedAt,
    resolvedAt: null,
  };
}

function textsOf(
  annotations: NotifiedAlert['annotations'],
  rule: string,
  device: string | undefined,
): { readonly summary: string; readonly condition: string } {
  const line = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
  const short = line(annotations['summary'] || annotations['title'] || annotations['message'] || '');
  const long = line(annotations['description'] || annotations['message'] || '');
  const summary = short || long || (device === undefined ? rule : `${rule} on ${device}`);
  const more = long === '' || long === summary ? '' : `: ${long}`;
  return { summary: cut(summary, LONGEST_VALUE), condition: cut(`${rule} in Prometheus${more}`, LONGEST_TEXT) };
}

function severityOf(labels: NotifiedAlert['labels'], mapping: AlertmanagerMapping): Severity {
  const word = labels[mapping.severity_label] ?? '';
  return own(mapping.severities, word) ?? own(SEVERITY_WORDS, word.toLowerCase()) ?? mapping.default_severity;
}

function domainOf(labels: NotifiedAlert['labels'], mapping: AlertmanagerMapping): string {
  const word = labels[mapping.domain_label] ?? '';
  const known = DOMAINS.includes(word.toLowerCase()) ? word.toLowerCase() : undefined;
  return own(mapping.rules, labels['alertname'] ?? '') ?? own(mapping.domains, word) ?? known ?? mapping.default_domain;
}

function deviceOf(labels: NotifiedAlert['labels'], { device_labels }: AlertmanagerMapping): string | undefined {
  const value = device_labels.map((name) => labels[name]).find((text) => text !== undefined && text !== '');
  // `10.1.0.2:9100`, `[fd00::2]:9100`; a lone IPv6 address has more colons.
  return value && (/^\[([^\]]+)\](?::\d+)?$/.exec(value)?.[1] ?? /^([^:]+):\d+$/.exec(value)?.[1] ?? value);
}

/** Those that routing knows by name (zone, vendor, model, grades) go by it; what an alert has a field of its own for is left out. */
function ownLabels(
  labels: NotifiedAlert['labels'],
  { severity_label, domain_label }: AlertmanagerMapping,
  device: string | undefined,
): Record<string, string> {
  const fields = new Set(['alertname', 'school', 'site', severity_label, domain_label]);
  const kept = Object.keys(labels)
    .filter((name) => !fields.has(name))
    .sort()
    .slice(0, MOST_LABELS)
    .map((name) => [cut(name, LONGEST_NAME), cut(labels[name]!, LONGEST_VALUE)] as const);
  return { ...Object.fromEntries(kept), ...(device !== undefined && { device: cut(device, LONGEST_VALUE) }) };
}

function own<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
