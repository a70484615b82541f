import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VarBind } from '../../../agent/drivers/snmp-session.ts';
import { factsOf } from '../../../agent/facts/facts.ts';
import { ownMetrics, type ProfileMetric } from '../../../agent/facts/own.ts';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { lintProfiles } from '../../../agent/profile/lint-command.ts';
import { loadProfiles, type ProfileSet } from '../../../agent/profile/load.ts';

/** Files of our own, in the structure that the other projects have: bases, vendors' stubs, devices; broken and strange ones among them. */
const FOLDER: Readonly<Record<string, string>> = {
  'datadog/_base.yaml': `
metric_tags:
  - { OID: 1.3.6.1.2.1.1.5.0, symbol: sysName, tag: snmp_host }
metadata:
  device:
    fields:
      version: { symbol: { OID: 1.3.6.1.4.1.99999.1.1.0, name: hardwareRev } }
`,
  'datadog/_cpu-memory.yaml': `
metrics:
  - MIB: CISCO-PROCESS-MIB
    table: { OID: 1.3.6.1.4.1.9.9.109.1.1.1, name: cpmCPUTotalTable }
    symbols: [{ OID: 1.3.6.1.4.1.9.9.109.1.1.1.1.7, name: cpu.usage }]
    metric_tags: [{ index: 1, tag: cpu }]
`,
  // A vendor's stub: nothing but a base and a name, and called as one of the bundle's.
  'datadog/cisco.yaml': 'extends: [_base.yaml]\nmetadata: { device: { fields: { vendor: { value: cisco } } } }\n',
  'datadog/cisco-switch.yaml': `
extends: [cisco.yaml, _cpu-memory.yaml]
sysobjectid: 1.3.6.1.4.1.9.1.1208
metrics:
  - MIB: CISCO-STACKWISE-MIB
    table: { OID: 1.3.6.1.4.1.9.9.500.1.2.1, name: cswSwitchInfoTable }
    metric_type: monotonic_count_and_rate
    symbols: [{ OID: 1.3.6.1.4.1.9.9.500.1.2.1.1.3, name: cswSwitchSwPriority }]
    metric_tags: [{ tag: switch, index: 1 }]
  - MIB: CISCO-STACKWISE-MIB
    table: { OID: 1.3.6.1.4.1.9.9.500.1.2.1, name: cswSwitchInfoTable }
    symbols: [{ name: cswSwitch, constant_value_one: true }]
    metric_tags: [{ tag: state, symbol: { OID: 1.3.6.1.4.1.9.9.500.1.2.1.1.6, name: s }, mapping: { 4: ready } }]
`,
  'datadog/broken.yaml': 'metrics: [\n',
  'netdata/_std.yaml': `
metrics:
  - MIB: LLDP-MIB
    table: { OID: 1.0.8802.1.1.2.1.2.6, name: lldpStatsTxPortTable }
    symbols:
      - OID: 1.0.8802.1.1.2.1.2.6.1.2
        name: lldpStatsTxPortFramesTotal
        chart_meta: { description: Frames, family: Network, unit: '{frame}/s' }
    metric_tags: [{ tag: _port, symbol: { OID: 1.0.8802.1.1.2.1.2.6.1.1, name: lldpStatsTxPortNum } }]
virtual_metrics: [{ name: total, sources: [{ metric: lldpStatsTxPortFramesTotal, table: lldpStatsTxPortTable }] }]
`,
  'netdata/cisco.yaml': `
extends: [_std.yaml]
selector:
  - sysobjectid: { include: [1.3.6.1.4.1.9.1.*], exclude: [1.3.6.1.4.1.9.1.7] }
metadata: { device: { fields: { type: { value: Layer 3 Switch }, vendor: { value: Cisco Systems } } } }
metrics:
  - MIB: X
    symbol: { OID: 1.3.6.1.4.1.9.9.1.0, name: scaled, transform: '{{ setValue .Metric 0 }}' }
    chart_meta: { unit: s }
licensing: [{ id: x }]
`,
  'kentik/_general/system-mib.yml': 'metrics: [{ symbol: { OID: 1.3.6.1.2.1.25.1.6.0, name: hrSystemProcesses } }]\n',
  'kentik/_general/net-snmp.yml': `
extends: [system-mib.yml]
provider: kentik-net-snmp
no_use_bulkwalkall: true
matches: { '^closet-ap': closet-ap.yml, '^unknown': nowhere.yml }
sysobjectid: [1.3.6.1.4.1.8072.*]
`,
  'kentik/vendor/closet-ap.yml': `
extends: [system-mib.yml]
provider: kentik-wap
sysobjectid: [1.3.6.1.4.1.8072.3.2.10.closet]
metrics:
  - MIB: Y
    symbols:
      - { OID: 1.3.6.1.4.1.99999.2.1.0, name: load, tag: CPU, poll_time_sec: 60, enum: { low: 1, high: 2 } }
`,
};

const OID_OF = { stack: '1.3.6.1.4.1.9.1.1208', linux: '1.3.6.1.4.1.8072.3.2.10' };
const text = (value: string): VarBind => ({ oid: '', type: 'OctetString', value: Buffer.from(value) });
const integer = (value: number): VarBind => ({ oid: '', type: 'Integer', value });
const cell = (index: string, value: VarBind): ReadonlyMap<string, VarBind> => new Map([[index, value]]);
const READING = {
  scalars: new Map([
    [
      '1.3.6.1.2.1.1.1.0',
      text('Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E, RELEASE'),
    ],
    ['1.3.6.1.2.1.1.5.0', text('closet-2')],
    ['1.3.6.1.4.1.99999.1.1.0', text('rev B')],
    ['1.3.6.1.4.1.99999.2.1.0', integer(2)],
  ]),
  columns: new Map([
    ['1.3.6.1.4.1.9.9.109.1.1.1.1.8', cell('1', integer(31))],
    ['1.3.6.1.4.1.9.9.109.1.1.1.1.7', cell('1', integer(90))],
    ['1.3.6.1.4.1.9.9.500.1.2.1.1.3', cell('1001', integer(15))],
    ['1.3.6.1.4.1.9.9.500.1.2.1.1.6', cell('1001', integer(4))],
    ['1.0.8802.1.1.2.1.2.6.1.2', cell('7', { oid: '', type: 'Counter32', value: 900 })],
    ['1.0.8802.1.1.2.1.2.6.1.1', cell('7', integer(7))],
  ]),
} as const;

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

let root: string;
let folder: string;
let set: ProfileSet;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'bw-third-party-'));
  folder = join(root, 'sub');
  write(folder, FOLDER);
  set = loadProfiles(folder);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const choose = (from: ProfileSet, sysObjectId: string, sysDescr = 'x') =>
  new ProfileLibrary(from).choose({ sysObjectId, sysDescr });
const own = (from: ProfileSet, sysObjectId: string, sysDescr?: string): ProfileMetric[] =>
  ownMetrics(choose(from, sysObjectId, sysDescr).profile, READING);

describe('a folder of files of all three projects', () => {
  it('loads, and what is not used is told with its place', () => {
    const here = (line: string): string => line.replace(`${folder}/`, '');
    expect(set.disabled.map(here)).toEqual([
      expect.stringMatching(/^datadog\/broken\.yaml:\d+:\d+: expected valid YAML/),
    ]);
    expect(set.warnings.map(here)).toEqual([
      'kentik/_general/net-snmp.yml:4:21: no_use_bulkwalkall: expected a key that is used, got "no_use_bulkwalkall", not used',
      'kentik/_general/net-snmp.yml:5:53: matches.^unknown: expected a profile that could be loaded, got "nowhere.yml"',
      'kentik/vendor/closet-ap.yml:4:14: sysobjectid: expected an OID, with or without *, got "1.3.6.1.4.1.8072.3.2.10.closet"',
      'kentik/vendor/closet-ap.yml:8:78: metrics[0].symbols[0].poll_time_sec: expected a key that is used, got "poll_time_sec", not used',
      'netdata/_std.yaml:10:18: virtual_metrics: expected a key that is used, got "virtual_metrics", not used',
      'netdata/cisco.yaml:8:66: metrics[0].symbol.transform: expected transformEntitySensorValue or transformHrStorage, got another Go template',
      'netdata/cisco.yaml:10:12: licensing: expected a key that is used, got "licensing", not used',
    ]);
  });

  it('`profiles lint` says the same, file by file', () => {
    const lines: string[] = [];
    const output = { out: (line: string) => lines.push(line), err: (line: string) => lines.push(line) };
    expect(lintProfiles([folder], output)).toBe(1);
    const summary = lines.filter((l) => l.includes(': loaded ')).map((l) => l.replace(`${folder}/`, ''));
    expect(summary).toContain('netdata/cisco.yaml: loaded 0/1 metrics, 1 ignored key');
    expect(summary).toContain('datadog/cisco-switch.yaml: loaded 2/2 metrics, 0 ignored keys');
    expect(summary).toHaveLength(Object.keys(FOLDER).length - 1);
  });

  it('ours apply as well, and those of several projects', () => {
    const { files } = choose(set, OID_OF.stack, 'Cisco IOS Software');
    expect(files).toEqual(expect.arrayContaining(['cisco.yaml', 'datadog/cisco-switch.yaml', 'netdata/cisco.yaml']));
  });

  it('their metrics are passed on under their own names', () => {
    const metrics = own(set, OID_OF.stack).map(({ table, tags, values, counters }) => ({
      table,
      tags,
      values: Object.fromEntries(values),
      counters: [...(counters?.keys() ?? [])],
    }));
    const snmp_host = 'closet-2';
    expect(metrics).toEqual(
      expect.arrayContaining([
        {
          table: 'cswSwitchInfoTable',
          tags: expect.objectContaining({ snmp_host, switch: '1001' }),
          values: { cswSwitchSwPriority: 15 },
          counters: ['cswSwitchSwPriority'],
        },
        {
          table: 'cswSwitchInfoTable',
          tags: expect.objectContaining({ snmp_host, state: 'ready' }),
          values: { cswSwitch: 1 },
          counters: [],
        },
        {
          table: 'lldpStatsTxPortTable',
          tags: expect.objectContaining({ snmp_host, port: '7' }),
          values: { lldpStatsTxPortFramesTotal: 900 },
          counters: ['lldpStatsTxPortFramesTotal'],
        },
      ]),
    );
  });

  it('what the bundle knows of the device stays as it is', () => {
    const alone = loadProfiles();
    const facts = (from: ProfileSet) => {
      const { profile } = choose(from, OID_OF.stack, 'Cisco IOS Software');
      return factsOf(profile, [], READING);
    };
    expect(facts(set)).toEqual(facts(alone));
    expect(facts(set)).toMatchObject({ vendor: 'Cisco', version: '15.2(7)E', cpu: [{ percent: 31 }] });
  });

  it('a device that the bundle does not know is told by theirs', () => {
    const device = loadProfilesWith({
      'x.yaml': `
extends: [_base.yaml]
sysobjectid: 1.3.6.1.4.1.99999.*
device: { vendor: acme }
metadata: { device: { fields: { type: { value: Access Point } } } }
metrics: [{ symbol: { OID: 1.3.6.1.4.1.99999.2.1.0, name: cpu.usage } }]
`,
      '_base.yaml': FOLDER['datadog/_base.yaml']!,
    });
    const { profile } = choose(device, '1.3.6.1.4.1.99999.4');
    const facts = factsOf(profile, [], {
      ...READING,
      scalars: new Map([...READING.scalars, ['1.3.6.1.2.1.1.2.0', text('1.3.6.1.4.1.99999.4')]]),
    });
    expect(facts).toMatchObject({ vendor: 'acme', version: 'rev B', role: 'ap', cpu: [{ percent: 2 }] });
  });

  it.each([
    ['provider: kentik-wap', 'ap'],
    ['provider: kentik-wireless-controller', 'other'],
    ['provider: kentik-default', undefined],
    ['metadata: { device: { fields: { type: { value: Layer 3 Switch } } } }', 'switch'],
    ['metadata: { device: { fields: { type: { value: UPS } } } }', 'ups'],
    ['metadata: { device: { fields: { type: { value: Groups } } } }', undefined],
  ])('what it is, in their words: %s', (text, role) => {
    const device = loadProfilesWith({ 'x.yaml': `sysobjectid: 1.3.6.1.4.1.99999.*\n${text}` });
    expect(factsOf(choose(device, '1.3.6.1.4.1.99999.4').profile, [], READING).role).toBe(role);
  });

  it('at the top of the folder they replace none of ours, and find each other', () => {
    const top = loadProfilesWith({
      '_base.yaml': FOLDER['datadog/_base.yaml']!,
      '_cpu-memory.yaml': FOLDER['datadog/_cpu-memory.yaml']!,
      'cisco.yaml': FOLDER['datadog/cisco.yaml']!,
      'cisco-switch.yaml': FOLDER['datadog/cisco-switch.yaml']!,
    });
    expect(top.warnings).toEqual([]);
    expect(top.profiles.get('cisco.yaml')).toEqual(loadProfiles().profiles.get('cisco.yaml'));
    expect(top.profiles.get('cisco-switch.yaml')!.fields.get('vendor')).toEqual([{ value: 'cisco' }]);
  });

  it('a redirection by sysDescr takes another file', () => {
    expect(choose(set, OID_OF.linux, 'Linux host').files).toContain('kentik/_general/net-snmp.yml');
    const { files } = choose(set, OID_OF.linux, 'CLOSET-AP 5');
    expect(files).toContain('kentik/vendor/closet-ap.yml');
    expect(files).not.toContain('kentik/_general/net-snmp.yml');
    expect(own(set, OID_OF.linux, 'closet-ap 5').flatMap((m) => [...m.values])).toEqual([
      ['CPU', 2],
      ['CPU_text', 'high'],
    ]);
  });
});

function loadProfilesWith(files: Readonly<Record<string, string>>): ProfileSet {
  const made = mkdtempSync(join(root, 'user-'));
  write(made, files);
  return loadProfiles(made);
}
