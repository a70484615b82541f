import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serviceSamples } from '../../agent/normalise/service.ts';
import { verdictOn } from '../../agent/normalise/service-verdict.ts';
import { type StoredAlert, UNTOUCHED } from '../../collector/alert/life.ts';
import { changeSamples } from '../../collector/notify/alert-sample.ts';
import { encodeLines } from '../../core/line-protocol-encode.ts';
import type { Sample } from '../../core/sample.ts';
import { generatedBoards } from '../../dashboards/build.ts';
import { DATASOURCE } from '../../dashboards/influxql.ts';
import { dns, service } from '../agent/services/fixture.ts';
import { loadBoards, type PanelResult, runPanelQueries } from '../support/grafana-queries.ts';
import { startInfluxd } from '../support/influxd.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { ROOT } from '../support/source-files.ts';
import { pollSamples } from './samples.ts';

const NOW = Date.UTC(2026, 9, 5, 14, 0, 0);
const MINUTE = 60_000;

const alert: StoredAlert = {
  ...UNTOUCHED,
  id: 'a',
  key: 'a',
  school: 'north',
  site: 'main',
  rule: 'interface-errors',
  domain: 'cabling',
  severity: 'warning',
  state: 'open',
  labels: { device: 'sw-1', ifName: 'Gi1/0/1' },
  summary: 'errors',
  condition: 'above 1',
  value: 4,
  pendingAt: NOW - 20 * MINUTE,
  openedAt: NOW - 15 * MINUTE,
  resolvedAt: null,
  owner: 'internal',
  why: 'base',
  decision: null,
};

/** One alert that moved to another owner (so one of its series has ended) and one that was resolved. */
function alertSamples(): Sample[] {
  const other = { ...alert, id: 'b', key: 'b', rule: 'device-down', domain: 'wan', severity: 'critical' as const };
  return [
    ...changeSamples(undefined, alert, NOW - 15 * MINUTE),
    ...changeSamples(alert, { ...alert, owner: 'provider' }, NOW - 5 * MINUTE),
    ...changeSamples(undefined, other, NOW - 10 * MINUTE),
    ...changeSamples(other, { ...other, state: 'resolved', resolvedAt: NOW - 2 * MINUTE }, NOW - 2 * MINUTE),
  ];
}

/** One that is well, and one that is not. */
function checkSamples(): Sample[] {
  return [3, 0].flatMap((rcode) => {
    const attempt = { type: 'dns', totalMs: 5, rcode, records: ['192.0.2.1'] } as const;
    const asked = service(dns, { name: `resolver-${rcode}` });
    return serviceSamples(asked, attempt, verdictOn(asked, attempt), 0, NOW - MINUTE).map((sample) => ({
      ...sample,
      tags: { ...sample.tags, school: 'north', site: 'main' },
    }));
  });
}

let influxd: ServerProcess;
let results: PanelResult[];

async function influx(path: string, init: RequestInit): Promise<unknown> {
  const reply = await fetch(new URL(path, influxd.url), init);
  if (!reply.ok) throw new Error(`${path}: ${reply.status} ${await reply.text()}`);
  return reply.status === 204 ? undefined : reply.json();
}

beforeAll(async () => {
  influxd = await startInfluxd();
  await influx(`/query?q=${encodeURIComponent('CREATE DATABASE boards')}`, { method: 'POST' });
  const samples = [...pollSamples('north', NOW), ...alertSamples(), ...checkSamples()];
  await influx('/write?db=boards&precision=ms', { method: 'POST', body: encodeLines(samples, 'ms') });
  results = await runPanelQueries({
    influxUrl: influxd.url,
    database: 'boards',
    from: NOW - 30 * MINUTE,
    to: NOW,
    variables: { school: 'north', device: 'sw-1', interface: ['Gi1/0/1', 'Gi1/0/2'] },
  });
});
afterAll(() => influxd?.stop());

const queries = loadBoards().flatMap((board) => board.panels.map((panel) => [board.uid, panel.title] as const));

describe('every panel of every board returns data from InfluxDB', () => {
  it.each(queries)('%s: %s', (board, panel) => {
    const found = results.filter((result) => result.board === board && result.panel === panel);
    expect(found.length, 'the panel has a query').toBeGreaterThan(0);
    for (const { query, rows } of found) expect(rows, query).toBeGreaterThan(0);
  });

  it('and so does every template variable', () => {
    const variables = results.filter((result) => result.panel.startsWith('variable '));
    expect(variables.map((v) => v.panel)).toEqual(
      expect.arrayContaining(['variable school', 'variable device', 'variable interface']),
    );
    expect(variables.filter((v) => v.rows === 0)).toEqual([]);
  });
});

describe('what the boards say', () => {
  const ask = async (board: string, panel: string): Promise<unknown> => {
    const { query } = results.find((r) => r.board === board && r.panel === panel)!;
    const body = (await influx(`/query?db=boards&epoch=ms&q=${encodeURIComponent(query)}`, {})) as {
      results: { series: { tags?: Record<string, string>; columns: string[]; values: unknown[][] }[] }[];
    };
    return body.results[0]!.series.map((s) => [...Object.values(s.tags ?? {}), ...s.values[0]!.slice(1)]);
  };

  it('an alert that changed hands counts once, for its new owner; a resolved one not at all', async () => {
    expect(await ask('bellwether-provider', 'Open alerts')).toEqual([[1]]);
    expect(await ask('bellwether-provider', 'Who answers')).toEqual(
      expect.arrayContaining([
        ['provider', 1],
        ['internal', 0],
      ]),
    );
  });

  it('the table of open alerts has the one that is open, its age and its owner', async () => {
    expect(await ask('bellwether-provider', 'Open alerts, oldest first')).toEqual([
      ['sw-1', 'cabling', 'Gi1/0/1', 'provider', 'interface-errors', 'north', 'warning', 'main', 600, 1],
    ]);
  });

  it('devices down are counted by their last word', async () => {
    expect(await ask('bellwether-provider', 'Devices down')).toEqual([[1]]);
    expect(await ask('bellwether-school', 'Access points down')).toEqual([[1]]);
    expect(await ask('bellwether-provider', 'Devices watched')).toEqual([[3]]);
  });
});

describe('the boards as files', () => {
  it('the provisioned data source is the one the boards read', () => {
    const file = readFileSync(join(ROOT, 'dashboards/provisioning/datasources/bellwether.yaml'), 'utf8');
    const { datasources } = parse(file) as { datasources: unknown[] };
    expect(datasources).toMatchObject([{ uid: DATASOURCE.uid, type: DATASOURCE.type }]);
    const boards = readFileSync(join(ROOT, 'dashboards/provisioning/dashboards/bellwether.yaml'), 'utf8');
    expect(parse(boards)).toMatchObject({ providers: [{ type: 'file' }] });
  });

  it('the generated files are what the code generates', () => {
    for (const [name, text] of generatedBoards())
      expect(readFileSync(join(ROOT, 'dashboards/generated', name), 'utf8'), 'run npm run generate').toBe(text);
    expect(loadBoards().length).toBe(generatedBoards().size);
  });

  it.each(loadBoards().flatMap((board) => board.panels.map((panel) => [board.uid, panel.title, panel] as const)))(
    '%s: %s says what to do, in which unit, and reads the provisioned data source',
    (_board, _title, panel) => {
      expect(panel).toMatchObject({
        description: expect.stringMatching(/\w{3}.*\.$/),
        datasource: { type: 'influxdb', uid: 'bellwether' },
        fieldConfig: { defaults: { unit: expect.stringMatching(/\w/) } },
      });
    },
  );

  it('panels do not overlap and fit the grid', () => {
    for (const { uid, panels } of loadBoards()) {
      const taken = new Set<string>();
      for (const { gridPos: p, title } of panels as unknown as {
        gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
        title: string;
      }[]) {
        expect(p.x + p.w, `${uid} ${title}`).toBeLessThanOrEqual(24);
        for (let x = p.x; x < p.x + p.w; x++)
          for (let y = p.y; y < p.y + p.h; y++) {
            expect(taken, `${uid} ${title} at ${x},${y}`).not.toContain(`${x},${y}`);
            taken.add(`${x},${y}`);
          }
      }
    }
  });
});
