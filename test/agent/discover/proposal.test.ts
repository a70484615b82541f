import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type AgentConfig, loadAgentConfig, snmp } from '../../../agent/config.ts';
import type { KnownTarget } from '../../../agent/discover/compare.ts';
import { proposalDocument } from '../../../agent/discover/document.ts';
import { namesFor } from '../../../agent/discover/names.ts';
import { type Proposal, propose } from '../../../agent/discover/proposal.ts';
import { roleOf } from '../../../agent/discover/role.ts';
import type { FoundDevice } from '../../../agent/discover/roster.ts';
import type { SweepResult } from '../../../agent/discover/sweep.ts';
import { targetsYaml, topologyYaml } from '../../../agent/discover/yaml.ts';
import { topologySchema } from '../../../collector/engagement/topology-schema.ts';
import { facts, found, identity, sees } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'bw-discover-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const credentials = [{ name: 'default', credentials: snmp.parse({ version: '2c', community: 'top-secret' }) }];
const settings = { swept: '10.0.0.0/24', date: '2026-11-24', merge: false, credentials };

function proposal(
  devices: readonly FoundDevice[],
  more: { known?: KnownTarget[]; root?: string; result?: Partial<SweepResult> } = {},
): Proposal {
  const result = { devices, quiet: [], settled: new Set<string>(), complete: true, ...more.result };
  return propose(result, { addresses: 254, known: more.known ?? [], pinged: true, root: more.root });
}

/** The text as part of a configuration, through the agent's own loader. */
function load(yaml: string): AgentConfig {
  const file = join(folder, 'agent.yaml');
  const rest =
    'collector: { url: "https://collector.example.org", token: t }\ncredentials: { default: { version: 2c, community: c } }\n';
  writeFileSync(file, `${rest}${yaml}\n`);
  return loadAgentConfig(file, {});
}

const target = (name: string, address: string | undefined, more: Partial<KnownTarget> = {}): KnownTarget => ({
  name,
  host: address ?? 'gone.example.org',
  address,
  role: undefined,
  snmp: true,
  credentials: undefined,
  ...more,
});

describe('names', () => {
  const named = (sysName: string | undefined, address = '10.0.0.9') => ({ sysName, role: 'switch' as const, address });
  it.each([
    ['without the domain', [named('SW1.school.example')], ['sw1']],
    [
      'with it where two would be alike',
      [named('sw1.a.example'), named('sw1.b.example')],
      ['sw1.a.example', 'sw1.b.example'],
    ],
    [
      'of the factory say nothing',
      [named('Switch'), named('ubnt', '10.0.0.8')],
      ['switch-10.0.0.9', 'switch-10.0.0.8'],
    ],
    ['are missing', [named(undefined)], ['switch-10.0.0.9']],
    ['that cannot be spelled', [named('Büro 3/Süd')], ['buro-3-sud']],
    ['that are equal get a number', [named('a'), named('a')], ['a', 'a-2']],
  ])('%s', (_, devices, expected) => {
    expect(namesFor(devices)).toEqual(expected);
  });

  it('keep clear of those in use', () => {
    expect(namesFor([named('SW1')], ['sw1'])).toEqual(['sw1-2']);
  });
});

describe('roles', () => {
  const ports = (count: number, ifType = 6) => Array.from({ length: count }, (_, i) => ({ ifIndex: i + 1, ifType }));
  const has = { ups: false, printer: false, host: false };
  it.each([
    ['ap', {}, { role: 'ap' }, /profile/],
    ['ap', {}, { role: 'Access Point' }, /profile/],
    ['ups', { has: { ...has, ups: true } }, {}, /RFC 1628/],
    ['ups', { has: { ...has, ups: true } }, { role: 'server' }, /RFC 1628/],
    ['other', { has: { ...has, printer: true }, sysDescr: 'Linux' }, {}, /Printer-MIB/],
    ['firewall', { sysDescr: 'FortiGate-60F' }, { role: 'constructor' }, /FortiGate/],
    ['switch', { sysDescr: 'Cisco IOS Software, Catalyst 9300' }, {}, /Catalyst/],
    ['ap', {}, { interfaces: [...ports(1), ...ports(2, 71)] }, /radios/],
    ['server', { sysDescr: 'Linux srv 6.1', has: { ...has, host: true } }, { interfaces: ports(9) }, /Linux/],
    ['switch', { sysDescr: 'N2024, 6.1.0.6, Linux 3.6.5', sysServices: 2 }, {}, /layer 2/],
    ['router', { sysDescr: 'ISR Software (X86_64_LINUX_IOSD-UNIVERSALK9-M)', sysServices: 78 }, {}, /forwards/],
    ['switch', { bridgePorts: 24 }, {}, /24 ports/],
    ['router', { ipForwarding: true, sysServices: 78 }, { interfaces: ports(3) }, /ipForwarding/],
    ['switch', { ipForwarding: true, sysServices: 78 }, { interfaces: ports(48) }, /48 Ethernet ports/],
    ['other', {}, {}, /nothing/],
  ])('%s', (role, says, read, reason) => {
    const verdict = roleOf(identity(says), facts(read));
    expect(verdict.role).toBe(role);
    expect(verdict.reason).toMatch(reason);
  });
});

describe('the address of a device with several', () => {
  const router: FoundDevice = {
    ...found('10.0.9.1', { sysName: 'r1', chassisIds: ['001122334455'] }),
    addresses: ['10.0.9.1', '10.0.1.1', '10.0.5.1'],
    unitedBy: ['chassis 001122334455'],
  };
  const neighbor = found(
    '10.0.1.2',
    { sysName: 'sw' },
    { neighbors: [sees('r1', 'Gi1', 'Gi2', { address: '10.0.5.1' })] },
  );
  it.each([
    ['the lowest', [router], {}, '10.0.1.1', 'the lowest'],
    ['as its neighbours announce it', [router, neighbor], {}, '10.0.5.1', 'as its neighbours announce it'],
    ['as configured', [router, neighbor], { known: [target('edge', '10.0.9.1')] }, '10.0.9.1', 'as configured'],
  ] as const)('%s', (_, devices, more, host, reason) => {
    const made = proposal(devices, more as never).devices.find((d) => d.sysName === 'r1')!;
    expect(made).toMatchObject({ host, hostReason: reason });
    expect(made.otherAddresses).toHaveLength(2);
  });
});

it.each([
  ['sw', 'sw', undefined],
  ['10.0.0.2', 'sw', undefined],
  ['nobody', 'fw', 'nobody'],
])('the root that was told, by its name or address: %s', (root, expected, missingRoot) => {
  const devices = [
    found('10.0.0.1', { sysName: 'fw', sysDescr: 'firewall' }),
    found('10.0.0.2', { sysName: 'sw', sysDescr: 'switch' }, { neighbors: [sees('fw', 'Gi1', 'port1')] }),
  ];
  const made = proposal(devices, { root });
  expect(made.devices.filter((d) => d.placement.isRoot).map((d) => d.name)).toEqual([expected]);
  expect(made.missingRoot).toBe(missingRoot);
});

describe('against a configuration', () => {
  const devices = [
    found('10.0.0.1', { sysName: 'rtr' }),
    found('10.0.0.20', { sysName: 'sw-new' }),
    found('10.0.0.7', { sysName: 'sw-moved.school.example' }),
  ];
  const known = [
    target('edge', '10.0.0.1', { role: 'firewall' }),
    target('sw-moved', '10.0.0.3'),
    target('sw-gone', '10.0.0.4'),
    target('sw-quiet', '10.0.0.5'),
    target('camera', '10.0.0.6', { snmp: false }),
    target('elsewhere', '10.9.0.1'),
    target('no-name', undefined),
  ];
  const result = {
    quiet: ['10.0.0.5', '10.0.0.6'].map((address) => ({ address, detail: undefined })),
    settled: new Set([1, 3, 4, 5, 6, 7, 20].map((i) => `10.0.0.${i}`)),
  };
  const made = proposal(devices, { known, result });

  it('tells what is new, has moved, is gone, is quiet, and what was not asked', () => {
    const { fresh, moved, gone, quiet, unchanged, unseen } = made.comparison;
    expect(fresh.map((d) => d.name)).toEqual(['sw-new']);
    expect(moved.map((m) => [m.device.name, m.was, m.device.host])).toEqual([['sw-moved', '10.0.0.3', '10.0.0.7']]);
    expect(gone.map((t) => t.name)).toEqual(['sw-gone']);
    expect(quiet.map((t) => t.name)).toEqual(['sw-quiet']);
    expect({ unchanged, unseen }).toEqual({ unchanged: 2, unseen: 2 });
  });

  it('keeps names and roles that people gave', () => {
    expect(made.devices[0]).toMatchObject({ name: 'edge', role: 'firewall', roleReason: 'as configured' });
  });

  it('shows only that', () => {
    const yaml = targetsYaml(made, { ...settings, merge: true });
    expect(load(yaml).targets.map((t) => t.name)).toEqual(['sw-new']);
    expect(yaml).toContain('sw-moved: host: 10.0.0.7 (was 10.0.0.3)');
    expect(yaml).toMatch(/# Gone .*\n#\s+sw-gone, 10\.0\.0\.4/);
    expect(yaml).toMatch(/SNMP no longer:\n#\s+sw-quiet, 10\.0\.0\.5/);
    expect(yaml).not.toContain('edge');
  });
});

describe('the YAML', () => {
  it('is what the agent reads, the uplinks what the collector reads, in the order of addresses', () => {
    const devices = [
      found('10.0.0.10', { sysName: 'ap-1', sysDescr: 'access point' }, { neighbors: [sees('sw', 'eth0', 'Gi1/0/1')] }),
      found('10.0.0.2', { sysName: 'sw', sysDescr: 'switch' }),
    ];
    const made = proposal(devices);
    const yaml = targetsYaml(made, settings);
    expect(load(yaml).targets.map(({ name, host, role }) => [name, host, role])).toEqual([
      ['sw', '10.0.0.2', 'switch'],
      ['ap-1', '10.0.0.10', 'ap'],
    ]);
    expect(targetsYaml(proposal([...devices].reverse()), settings)).toBe(yaml);
    const topology = parse(topologyYaml(made, settings)).topology;
    expect(topology).toEqual({ uplinks: [{ device: 'ap-1', parent: 'sw' }] });
    expect(topologySchema.safeParse(topology).success).toBe(true);
    expect(yaml).not.toContain('top-secret');
    expect(yaml).toContain('default (SNMP v2c)');
  });

  it('holds whatever devices say of themselves as comments', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a\n  - name: evil', '${HOME}', 'x\u2028targets:', 'null', '1e3', '#'),
    );
    const device = fc.record({
      sysName: text,
      sysDescr: text,
      vendor: text,
      serial: text,
      sysLocation: text,
      port: text,
    });
    fc.assert(
      fc.property(fc.array(device, { minLength: 1, maxLength: 5 }), (says) => {
        const devices = says.map(({ sysName, sysDescr, vendor, serial, sysLocation, port }, i) =>
          found(
            `10.0.0.${i + 1}`,
            { sysName, sysDescr },
            { vendor, serial, sysLocation, neighbors: [sees(says[0]!.sysName, port, port, { platform: sysDescr })] },
          ),
        );
        const detail = says[0]!.sysDescr;
        const made = proposal(devices, { result: { quiet: [{ address: '10.0.0.99', detail }] } });
        const { targets } = load(targetsYaml(made, settings));
        expect(targets.map((t) => t.host)).toEqual(devices.map((d) => d.addresses[0]));
        expect(targets.map((t) => t.name)).toEqual(made.devices.map((d) => d.name));
        const uplinks = parse(topologyYaml(made, settings))?.topology?.uplinks ?? [];
        expect(uplinks).toHaveLength(made.devices.filter((d) => d.placement.parents.length > 0).length);
        expect(JSON.parse(JSON.stringify(proposalDocument(made, ['x'], false)))).toHaveProperty(
          'devices.length',
          says.length,
        );
      }),
    );
  });

  it('says that it is not all, and lists no end of neighbours', () => {
    const neighbors = Array.from({ length: 80 }, (_, i) => sees(`phone-${i}`, `Gi${i}`, 'p'));
    const made = proposal([found('10.0.0.1', { sysName: 'sw' }, { neighbors })], { result: { complete: false } });
    const yaml = targetsYaml(made, settings);
    expect(yaml).toContain('PARTIAL');
    expect(yaml).toContain('and 30 more (--json has all)');
  });

  it('puts quiet addresses that follow each other on one line', () => {
    const quiet = [3, 4, 5, 9].map((i) => ({ address: `10.0.0.${i}`, detail: undefined }));
    const yaml = targetsYaml(proposal([], { result: { quiet } }), settings);
    expect(yaml).toMatch(/10\.0\.0\.3 to 10\.0\.0\.5\n#\s+10\.0\.0\.9$/);
    expect(yaml).toContain('# No target to propose.');
  });
});
