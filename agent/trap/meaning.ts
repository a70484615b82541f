import type { Reread } from '../poll/reread.ts';
import type { InterfaceName, InterfaceNames } from './interface-names.ts';
import type { Notification } from './notification.ts';
import type { Condition, EventSeverity, Meaning, TrapRule, TrapRules } from './rule.ts';
import { render } from './template.ts';
import { type NamedValue, named, textOf } from './values.ts';

/** What a trap means, for one device. */
export interface TrapEvent {
  readonly type: string;
  readonly severity: EventSeverity;
  readonly domain: string;
  readonly message: string;
  readonly clears: readonly string[];
  readonly reread: Reread;
  readonly interface: InterfaceName;
  /** `IF-MIB::linkDown`, or undefined for a trap that no file knows. */
  readonly rule: string | undefined;
  readonly oid: string;
  /** The varbinds, as `name=value` or `oid=value`. */
  readonly detail: string;
}

const MAX_MESSAGE = 500;
const MAX_DETAIL = 2_000;
/** Names of interfaces become tags. */
const MAX_NAME = 128;
const IF_NAMES = ['ifName', 'ifDescr', 'ifAlias'] as const;
/** Columns of IF-MIB whose instance is the ifIndex. */
const IF_COLUMNS = [...IF_NAMES, 'ifAdminStatus', 'ifOperStatus', 'ifType'];

/**
 * The event in a notification; undefined when a file says to ignore it. A trap that nobody described is an event too, with its OID and values.
 */
export function eventOf(
  { trapOid, varbinds }: Notification,
  rules: TrapRules,
  device: string,
  names: Pick<InterfaceNames, 'byIndex' | 'byName'>,
): TrapEvent | undefined {
  const values = varbinds.map((v) => named(v, rules.objects));
  const rule = ruleFor(trapOid, rules.traps);
  const lookup = (ref: string): string | undefined => valueAt(ref, values);
  const place = interfaceOf(rule, values, device, names);
  const meaning = rule ? meaningOf(rule, lookup) : unknown(trapOid);
  if (meaning.ignore) return undefined;
  const inMessage = (ref: string): string | undefined =>
    placeText(ref, place) ?? (ref === 'device' ? device : lookup(ref));
  return {
    type: meaning.type,
    severity: meaning.severity,
    domain: meaning.domain,
    message: cut(render(meaning.message, inMessage).replace(/\s+/g, ' ').trim(), MAX_MESSAGE),
    clears: meaning.clears,
    reread: meaning.reread ?? rereadFor(meaning.domain),
    interface: place,
    rule: rule?.name,
    oid: trapOid,
    detail: cut(values.map(detailOf).join('; '), MAX_DETAIL),
  };
}

/** Some agents leave the 0 of SMIv1 traps out, or put it in (RFC 3584 section 3.1): both are looked for, then the closest rule for all below an OID. */
function ruleFor(oid: string, traps: TrapRules['traps']): TrapRule | undefined {
  const ids = oid.split('.');
  const last = ids.at(-1)!;
  const before = ids.slice(0, -1);
  const other = before.at(-1) === '0' ? [...before.slice(0, -1), last] : [...before, '0', last];
  const found = traps.get(oid) ?? traps.get(other.join('.'));
  for (let n = before.length; !found && n > 0; n--) {
    const below = traps.get(`${ids.slice(0, n).join('.')}.*`);
    if (below) return below;
  }
  return found;
}

function unknown(oid: string): Meaning {
  return {
    type: 'trap',
    severity: 'info',
    domain: 'infrastructure',
    message: `{device} sent a trap that is not described here: ${oid}`,
    clears: [],
    ignore: false,
  };
}

/** Ports are read at each poll anyway; what else a trap tells of is in the facts. */
function rereadFor(domain: string): Reread {
  if (domain === 'inventory') return 'everything';
  return ['switching', 'routing', 'daily', 'agent'].includes(domain) ? 'interfaces' : 'vitals';
}

function meaningOf(rule: TrapRule, lookup: (ref: string) => string | undefined): Meaning {
  const hit = rule.when.find((w) => w.if.every((c) => holds(c, lookup(c.ref))));
  return hit ? { ...rule.meaning, ...hit.gives } : rule.meaning;
}

function holds(condition: Condition, text: string | undefined): boolean {
  if (text === undefined) return false;
  const lower = text.toLowerCase();
  switch (condition.test) {
    case 'is':
      return condition.texts.some((t) => t.toLowerCase() === lower);
    case 'contains':
      return condition.texts.some((t) => lower.includes(t.toLowerCase()));
    case 'above':
      return Number.parseFloat(text) > condition.number;
    case 'below':
      return Number.parseFloat(text) < condition.number;
  }
}

/** `name`, `name.index`, `name.2`, `3`: see rule-schema.ts. */
function valueAt(ref: string, values: readonly NamedValue[]): string | undefined {
  if (/^\d+$/.test(ref)) {
    const value = values[Number(ref) - 1];
    return value && textOf(value);
  }
  const [name, part] = ref.split('.');
  const value = values.find((v) => v.object?.name === name);
  if (!value) return undefined;
  if (part === undefined) return textOf(value);
  return part === 'index' ? value.index.join('.') || undefined : value.index[Number(part) - 1];
}

function interfaceOf(
  rule: TrapRule | undefined,
  values: readonly NamedValue[],
  device: string,
  names: Pick<InterfaceNames, 'byIndex' | 'byName'>,
): InterfaceName {
  const told = rule?.interface
    ? {
        ifIndex: rule.interface.index && valueAt(rule.interface.index, values),
        ifName: rule.interface.name && valueAt(rule.interface.name, values),
      }
    : toldByIfMib(values);
  const ifIndex = told.ifIndex !== undefined && /^[1-9]\d{0,9}$/.test(told.ifIndex) ? told.ifIndex : undefined;
  const name = told.ifName ?? ('ifDescr' in told ? told.ifDescr : undefined);
  const known = ifIndex !== undefined ? names.byIndex(device, ifIndex) : name && names.byName(device, name);
  return withoutUndefined({ ...told, ifIndex, ...(known || undefined) });
}

type Told = { readonly [K in keyof InterfaceName]?: string | undefined };

/** From the objects of IF-MIB that linkDown and many others carry. */
function toldByIfMib(values: readonly NamedValue[]): Told {
  const column = values.find((v) => v.object && IF_COLUMNS.includes(v.object.name) && v.index.length === 1);
  const told: Told = { ifIndex: valueAt('ifIndex', values) ?? column?.index[0] };
  return { ...told, ...Object.fromEntries(IF_NAMES.map((name) => [name, valueAt(name, values)])) };
}

function withoutUndefined(told: Told): InterfaceName {
  const given = Object.entries(told).filter((e): e is [string, string] => e[1] !== undefined && e[1] !== '');
  return Object.fromEntries(given.map(([name, text]) => [name, cut(text, MAX_NAME)]));
}

/** `{interface}` is the interface in words; its names stand for what the trap or a poll said. */
function placeText(ref: string, place: InterfaceName): string | undefined {
  if (ref === 'interface')
    return place.ifName ?? place.ifDescr ?? (place.ifIndex === undefined ? undefined : `interface ${place.ifIndex}`);
  return place[ref as keyof InterfaceName];
}

function detailOf(value: NamedValue): string {
  const { object, index, varbind } = value;
  const name = object ? [object.name, ...index].join('.') : varbind.oid;
  return `${name}=${textOf(value) ?? ''}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
