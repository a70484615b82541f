import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCollector } from '../../../collector/app.ts';
import { loadCollectorConfig } from '../../../collector/config.ts';
import { CHANNEL_TYPES } from '../../../collector/engagement/channel-schema.ts';
import type { Party, School } from '../../../collector/engagement/school.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { createToken, type Tenant } from '../../../collector/state/tokens.ts';
import type { MetricStore } from '../../../collector/storage/storage.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { Lifecycle } from '../../../runtime/lifecycle.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { type DistrictSchool, writeDistrict } from './district.ts';
import { LeapClock } from './leap-clock.ts';
import { type Device, schoolNetwork, uplinksYaml } from './network.ts';
import type { People, Stage } from './run.ts';

const RULES = join(import.meta.dirname, '../../../config/rules');
const SITE = 'main';
const TICK_MS = 30 * 60_000;

export interface District extends Stage {
  readonly db: StateDb;
  readonly schools: readonly DistrictSchool[];
  readonly networks: readonly (readonly Device[])[];
  stop(): Promise<void>;
}

/** The real collector, wired as it is, on a clock that jumps: its metrics go nowhere, its telephones are a list. */
export async function raiseDistrict(dir: string, count: number, start: number, people: People): Promise<District> {
  const clock = new LeapClock(start);
  const networks = Array.from({ length: count }, (_, i) => schoolNetwork(`school-${String(i).padStart(2, '0')}`, SITE));
  const schools = writeDistrict(dir, count, uplinksYaml(networks[0]!));
  const file = writeConfig(dir);
  // Less often than a configuration may say: windows begin and end on the dot all the same.
  const config = { ...loadCollectorConfig(file, undefined, start), tick: TICK_MS };
  const log = createLogger('year', 'error');
  const lifecycle = new Lifecycle(log, systemClock);
  const running = await startCollector(file, config, lifecycle, log, {
    clock,
    store: () => nowhere,
    channels: () =>
      CHANNEL_TYPES.map((type) => ({
        type,
        async deliver(delivery) {
          people.take(delivery, clock.now());
          return { ok: true };
        },
      })),
  });
  const tenants = new Map<string, Tenant>();
  for (const { id: school } of schools) {
    const { id } = await createToken(running.db, { school, site: SITE, note: '' }, clock, randomBytes);
    tenants.set(school, { school, site: SITE, tokenId: id });
  }
  return {
    clock,
    db: running.db,
    schools,
    networks,
    async push(school, samples) {
      running.agents.seen(tenants.get(school)!, clock.now());
      await running.intake.take({ school, site: SITE, samples, receivedAt: clock.now() }, lifecycle.signal);
    },
    async act({ school, alert, contact }, deed) {
      const party = partyOf(config.schools, school, contact);
      if (party === undefined) return;
      const who = { party, by: contact };
      const action =
        deed === 'decline' ? { action: deed, ...who, reason: 'out_of_scope' as const } : { action: deed, ...who };
      await running.actions.act(school, alert, action);
    },
    stop: () => lifecycle.stop('the year is over'),
  };
}

/** Undefined for somebody of the safety net, who can only pass it on. */
function partyOf(schools: readonly School[], id: string, contact: string): string | undefined {
  const parties = schools.find(({ school }) => school === id)?.parties ?? new Map<string, Party>();
  return [...parties].find(([, { contacts }]) => contacts.includes(contact))?.[0];
}

const nowhere: MetricStore = {
  name: 'nowhere',
  start: async () => {},
  stop: async () => {},
  write: async (samples) => ({ written: samples.length, rejected: [] }),
  latest: async () => [],
  range: async () => [],
  maintain: async () => ({ expired: 0, rolledUp: 0 }),
  ping: async () => {},
};

/** Sites are heard every hour here, so silence is told later; every other rule is as it ships. */
function writeConfig(dir: string): string {
  cpSync(RULES, join(dir, 'rules'), { recursive: true });
  const file = join(dir, 'rules/network.yaml');
  const rules = readFileSync(file, 'utf8').replaceAll(
    /(silent: agent\n)([\s\S]*?)(\n\n|$)/g,
    (_all, head: string, body: string, end: string) => `${head}${body.replaceAll(/for: \d+m/g, 'for: 90m')}${end}`,
  );
  writeFileSync(file, rules);
  const config = join(dir, 'collector.yaml');
  writeFileSync(
    config,
    [
      'listen: { port: 0 }',
      'data_dir: data',
      'rules: [rules]',
      'schools: [engagements]',
      'notify: { group: 45s }',
      '',
    ].join('\n'),
  );
  return config;
}
