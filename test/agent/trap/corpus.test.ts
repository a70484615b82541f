import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownEngine } from '../../../agent/trap/engine-times.ts';
import { InterfaceNames } from '../../../agent/trap/interface-names.ts';
import { BUNDLED_TRAPS, loadTraps } from '../../../agent/trap/load.ts';
import { eventOf } from '../../../agent/trap/meaning.ts';
import { TrapReceiving } from '../../../agent/trap/receive.ts';
import type { TrapObject } from '../../../agent/trap/rule.ts';
import { named } from '../../../agent/trap/values.ts';
import { ROOT } from '../../support/source-files.ts';
import { type Encodable, type Varbinds, v2cMessage } from '../../support/trap-message.ts';

interface Entry {
  readonly id: string;
  readonly trap: string;
  readonly trap_oid?: string;
  readonly varbinds: readonly { readonly name: string; readonly oid?: string; readonly value?: string }[];
  readonly severity?: 'ok' | 'info' | 'notice' | 'warning' | 'error';
  readonly event?: string;
}

const corpus = join(ROOT, '../shared/corpus');
const absent = !existsSync(corpus);
const entries = absent ? [] : read();

function lines(text: string): Entry[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

function read(): Entry[] {
  const plain = join(corpus, 'traps.jsonl');
  if (existsSync(plain)) return lines(readFileSync(plain, 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'bw-traps-'));
  try {
    spawnSync('tar', ['-xJf', join(corpus, 'recordings.tar.xz'), '-C', folder, '--wildcards', '*/traps.jsonl']);
    return lines(readFileSync(join(folder, 'visible/traps.jsonl'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rules = loadTraps(BUNDLED_TRAPS);
const receiving = new TrapReceiving({ communities: ['c'], users: [] }, ownEngine(new Uint8Array(5), 0, 0));

/** Traps whose OID the corpus does not know. */
const OIDS: Readonly<Record<string, string>> = {
  'ZEBRA-QL-MIB::zebra.1.0.1': '1.3.6.1.4.1.10642.1.0.1',
  'ZEBRA-QL-MIB::zebra.1.0.2': '1.3.6.1.4.1.10642.1.0.2',
  'RUCKUS-EVENT-MIB::ruckusEventAssocTrap': '1.3.6.1.4.1.25053.2.1.1.1',
  'RUCKUS-EVENT-MIB::ruckusEventDiassocTrap': '1.3.6.1.4.1.25053.2.1.1.2',
  'RUCKUS-EVENT-MIB::ruckusEventSetErrorTrap': '1.3.6.1.4.1.25053.2.1.1.3',
  'SNMPv2-MIB::someOid': '1.3.6.1.4.1.99999.1.2.3',
};

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  ifIndex: '7',
  ospfIfIpAddress: '192.0.2.7',
  ospf_nbr_id: '192.0.2.8.0',
  ospfNbrIpAddr: '192.0.2.8',
  ospfNbrRtrId: '192.0.2.9',
  ospfAddressLessIf: '0',
  ifDescr: 'ge-0/0/7',
  ifName: 'ge-0/0/7',
  ip: '192.0.2.1',
  ipv4_address: '192.0.2.2',
};
const filled = (text: string): string =>
  text
    .replace(/\{\{ (\w+) \}\}/g, '$1')
    .replace(/<alarm>\['(\w+)'\]\}/g, '$1')
    .replace(/<(\w+)>/g, (whole, name: string) => PLACEHOLDERS[name] ?? whole);

/** The octets or the number that net-snmp printed. */
function unprinted(printed: string, object: TrapObject | undefined): Encodable {
  const text = filled(printed)
    .replace(/^= (INTEGER|Hex-STRING|STRING): /, '')
    .replace(/\\"/g, '"')
    .replace(/^"(.*)"$/, '$1');
  if (/^([0-9A-F]{2} )+$/.test(text)) return Uint8Array.from(text.trim().split(' '), (h) => Number.parseInt(h, 16));
  const number = /^(?:[A-Za-z0-9]+\()?(-?\d+)(?:\)| minutes| seconds)?$/.exec(text)?.[1];
  if (number !== undefined) return Number(number);
  const word = Object.entries(object?.values ?? {}).find(([, w]) => w.toLowerCase() === text.toLowerCase())?.[0];
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : text;
}

function varbindsOf(entry: Entry): Varbinds {
  return entry.varbinds
    .filter((v) => !/sysUpTime|snmpTrap(Enterprise|Address|Community)/.test(v.name) && v.value !== undefined)
    .map((v, i) => {
      const oid = filled(v.oid || `1.3.6.1.4.1.99999.${i}`);
      const bare = /^[\d.]+$/.test(oid) ? oid : `1.3.6.1.4.1.99999.${i}`;
      const { object } = named({ oid: bare, type: 'Null', value: null }, rules.objects);
      return [bare, unprinted(v.value!, object)] as const;
    });
}

/** What becomes of the entry, all the way from the bytes. */
function meant(entry: Entry): ReturnType<typeof eventOf> {
  const oid = entry.trap_oid ?? OIDS[entry.trap]!;
  const received = receiving.receive(v2cMessage('c', oid, varbindsOf(entry)), 0);
  expect(received.outcome).toBe('accepted');
  return eventOf(received.notification!, rules, 'device', new InterfaceNames());
}

/** Ours for the corpus's class of event. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  'link-down': ['link_down'],
  'link-up': ['link_up'],
  'config-changed': ['config_changed'],
  'port-err-disabled': ['port_err_disabled'],
  'port-security-violation': ['port_security_violation'],
  restart: ['restart'],
  'auth-failure': ['auth_failure'],
  'bgp-down': ['bgp_down'],
  'bgp-up': ['bgp_up'],
  'ospf-neighbor-change': ['ospf_neighbor_change', 'ospf_neighbor_down', 'ospf_neighbor_up'],
  'power-restored': ['power_restored'],
  'ups-discharged': ['ups_discharged'],
  'ups-on-battery': ['ups_on_battery'],
  'psu-failure': ['psu_failure'],
  'psu-ok': ['psu_ok'],
  // The one entry is its end.
  loop: ['loop_cleared'],
};

/** Ours for the corpus's severity. */
const SEVERITIES: Readonly<Record<string, readonly string[]>> = {
  ok: ['info'],
  info: ['info'],
  notice: ['info', 'warning'],
  warning: ['warning', 'critical'],
  error: ['warning', 'critical'],
  none: ['info', 'warning', 'critical'],
};

/** Somebody switched the port off (ifAdminStatus): an error in the reference, none here. */
const SWITCHED_OFF = /^PortsTrap\.testLinkDown/;

describe(absent ? 'the corpus of traps: ../shared is absent' : 'the corpus of traps', () => {
  it.skipIf(absent)('has an entry for each of these', () => expect(entries).toHaveLength(169));

  it.skipIf(absent).each(entries.map((e) => [e.id, e] as const))('%s', (id, entry) => {
    const event = meant(entry);
    if (entry.trap === 'SNMPv2-MIB::someOid') {
      expect(event).toMatchObject({ type: 'trap', severity: 'info', rule: undefined });
      return;
    }
    // The reference does not show them either, or they are only about clients of the Wi-Fi.
    if (/Suppressed|Assoc|Diassoc/.test(id)) {
      expect(event).toBeUndefined();
      return;
    }
    expect(event?.rule).toBeDefined();
    if (entry.event) expect(TYPES[entry.event]).toContain(event!.type);
    if (SWITCHED_OFF.test(id)) expect(event!.severity).toBe('info');
    else expect(SEVERITIES[entry.severity ?? 'none']).toContain(event!.severity);
    // Nothing in the message is missing, or left as a number where there is a word.
    expect(event!.message).not.toMatch(/\?|\{|\[/);
  });
});
