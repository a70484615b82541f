import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DocumentedRoute } from '../../../collector/http/api-document.ts';
import { isPermissionAccess } from '../../../collector/http/api-route.ts';
import { AccessWorld } from './access-world.ts';

/**
 * Every route of the collector, with who gets past the access check at a school of theirs: D director, S specialist, T provider technician, L provider
 * lead, A auditor. A route that is not here fails the test, as does one that is no longer there. Whoever is not named gets 403.
 */
const MATRIX: Readonly<Record<string, string>> = {
  'GET /api/overview': 'D S T L A',
  'GET /api/me': 'D S T L A',
  'GET /api/schools/:school/devices': 'D S T L A',
  'GET /api/schools/:school/polling': 'D S T L A',
  'GET /api/schools/:school/series': 'D S T L A',
  'GET /api/schools/:school/alerts/:id': 'D S T L A',
  'POST /api/schools/:school/alerts/:id/actions': 'D S T L',
  'GET /api/schools/:school/sla': 'D S T L A',
  'POST /api/schools/:school/explain': 'D S T L A',
  'GET /api/schools/:school/engagements': 'D S T L A',
  'POST /api/schools/:school/engagements': 'D S L',
  'PUT /api/schools/:school/engagements/:id': 'D S L',
  'POST /api/schools/:school/engagements/:id/approve': 'D L',
  'POST /api/schools/:school/engagements/:id/accept': 'D L',
  'POST /api/schools/:school/engagements/:id/withdraw': 'D S L',
  'POST /api/schools/:school/engagements/:id/suspend': 'D L',
  'POST /api/schools/:school/engagements/:id/resume': 'D L',
  'POST /api/schools/:school/engagements/:id/end': 'D L',
  'POST /api/schools/:school/engagements/:id/revoke': 'D L',
  'GET /api/schools/:school/calendars': 'D S T L A',
  'POST /api/schools/:school/calendars/:calendar/confirm': 'D S',
  'GET /api/schools/:school/ics-links': 'D S T L A',
  'POST /api/schools/:school/ics-links': 'D S',
  'DELETE /api/schools/:school/ics-links/:id': 'D S',
  'GET /api/schools/:school/handovers': 'D S T L A',
  'POST /api/schools/:school/handovers/:id/accept': 'D S T L',
  'GET /api/schools/:school/endpoints': 'D S T L A',
  'POST /api/schools/:school/endpoints/:contact/:channel/test': 'D S T L',
  'GET /api/schools/:school/on-call': 'D S T L A',
  'GET /api/schools/:school/safety-net': 'D S T L A',
  'POST /api/schools/:school/safety-net/test': 'D S L',
  'GET /api/schools/:school/maintenance': 'D S T L A',
  'POST /api/schools/:school/maintenance': 'D S T L',
  'DELETE /api/schools/:school/maintenance/:id': 'D S T L',
  'GET /api/schools/:school/silences': 'D S T L A',
  'POST /api/schools/:school/silences': 'D S T L',
  'DELETE /api/schools/:school/silences/:id': 'D S T L',
  'GET /api/schools/:school/suppressed': 'D S T L A',
  'GET /api/schools/:school/inventory': 'D S T L A',
  'GET /api/schools/:school/inventory.csv': 'D S T L A',
  'GET /api/schools/:school/inventory/:site/:device': 'D S T L A',
  'GET /api/schools/:school/events': 'D S T L A',
  'GET /api/schools/:school/topology': 'D S T L A',
  'GET /api/schools/:school/audit': 'D A',
  'GET /api/schools/:school/audit.jsonl': 'D A',
  // The operator's own.
  'GET /api/audit': '',
  'GET /api/accounts': '',
  'POST /api/accounts/:login/disable': '',
  'GET /api/tokens': '',
  'DELETE /api/tokens/:id': '',
};

/** Routes that need no login, and what keeps them from giving away anything of a school. */
const WITHOUT_LOGIN: Readonly<Record<string, string>> = {
  'GET /': 'the page itself',
  'GET /assets/:version/*': 'its files',
  'POST /login': 'asks for the login',
  'POST /logout': 'ends it',
  'GET /livez': 'says that it lives',
  'GET /readyz': 'names no school',
  'GET /health': 'names no school',
  'GET /metrics': 'from this machine, or with a token; holds nothing of a tenant (health.test.ts)',
  'GET /ping': "says InfluxDB's version",
  'GET /query': "an agent's token",
  'POST /query': "an agent's token",
  'POST /write': "an agent's token, which decides the school",
  'POST /api/v2/write': "an agent's token, which decides the school",
  'POST /api/v1/inventory': "an agent's token, which decides the school (inventory-ingest.test.ts)",
  'GET /ics/:token.ics': 'a link that was made for one school (calendars.test.ts)',
  'GET /a/:token': 'a link to one alert, for one contact (alert-link.test.ts)',
  'POST /a/:token': 'the same',
  'POST /ingest/alertmanager': "an agent's token, which decides the school (alertmanager.test.ts)",
  'GET /api/openapi.json': 'the same for everybody',
};

const ROLES = {
  D: ['director', 'internal'],
  S: ['specialist', 'internal'],
  T: ['provider_technician', 'provider'],
  L: ['provider_lead', 'provider'],
  A: ['auditor', null],
} as const;

const world = new AccessWorld();
const keyOf = ({ method, url }: DocumentedRoute): string => `${method} ${url}`;
let routes: readonly DocumentedRoute[] = [];
let people: Record<keyof typeof ROLES, Record<string, string>>;
let spent: Readonly<Record<string, Record<string, string>>>;

beforeAll(async () => {
  await world.start();
  routes = world.server.app.apiDocument.routes;
  const sessions = Object.entries(ROLES).map(async ([key, [role, party]]) => [
    key,
    await world.session(role, party, ['north']),
  ]);
  people = Object.fromEntries(await Promise.all(sessions)) as typeof people;
  spent = await world.spent();
});
afterAll(() => world.stop());

function guarded(): readonly DocumentedRoute[] {
  return routes.filter(({ spec }) => isPermissionAccess(spec.access) || spec.access === 'somebody');
}

/** Something that is asked at a school; nothing of it changes anything there. */
function urlOf(url: string, school: string): string {
  return url.replace(':school', school).replaceAll(/:\w+/g, 'none');
}

const ask = (route: DocumentedRoute, school: string, headers: Record<string, string>) =>
  world.ask(route.method, urlOf(route.url, school), headers, route.method === 'GET' ? undefined : {});

it('every route that is registered stands in the matrix, and every line of it is registered', () => {
  const known = [...Object.keys(MATRIX), ...Object.keys(WITHOUT_LOGIN)].sort();
  expect(routes.map(keyOf).sort()).toEqual(known);
  expect(guarded().map(keyOf).sort()).toEqual(Object.keys(MATRIX).sort());
});

describe('every route with a login', () => {
  it('refuses whoever brings nothing, or what was good once', async () => {
    for (const route of guarded()) {
      expect([keyOf(route), (await ask(route, 'north', {})).statusCode]).toEqual([keyOf(route), 401]);
      for (const [what, headers] of Object.entries(spent)) {
        const { statusCode } = await ask(route, 'north', headers);
        expect([keyOf(route), what, statusCode]).toEqual([keyOf(route), what, 401]);
      }
    }
  });

  it('lets exactly those roles in that the matrix names', async () => {
    for (const route of guarded())
      for (const [key, headers] of Object.entries(people)) {
        const { statusCode, body } = await ask(route, 'north', headers);
        const where = `${keyOf(route)} as ${key}: ${statusCode} ${body.slice(0, 200)}`;
        if (MATRIX[keyOf(route)]!.split(' ').includes(key))
          expect([401, 403, 429, 500], where).not.toContain(statusCode);
        else expect(statusCode, where).toBe(403);
        if (statusCode === 403) expect(JSON.parse(body).error, where).toMatch(/^not allowed: .{20}/);
      }
  });

  it('is for the operator, whatever it is', async () => {
    for (const route of guarded()) {
      const reply = await ask(route, 'north', { authorization: `Bearer ${world.server.token}` });
      expect([keyOf(route), [401, 403, 429, 500].includes(reply.statusCode)]).toEqual([keyOf(route), false]);
    }
  });
});

describe('every route of a school', () => {
  const ofSchool = () => guarded().filter(({ url }) => url.includes(':school'));
  const notThere = async (route: DocumentedRoute, headers: Record<string, string>, what: string) => {
    const theirs = await ask(route, 'south', headers);
    const nowhere = await ask(route, 'nowhere', headers);
    const said = (reply: typeof theirs) => [keyOf(route), what, reply.statusCode, reply.body];
    expect(said(theirs)).toEqual([keyOf(route), what, 404, '{"error":"no such school"}']);
    // Nothing tells one that is there from one that is not.
    expect(said(nowhere)).toEqual(said(theirs));
  };

  it('is not there for accounts of another school, whatever their role', async () => {
    for (const route of ofSchool())
      for (const [key, headers] of Object.entries(people)) await notThere(route, headers, key);
  });

  it('is not there for a token of another school', async () => {
    const { authorization } = await world.token();
    for (const route of ofSchool()) await notThere(route, { authorization }, 'a token');
  });

  it('is not there for a provider whose engagement is over, and for a party that has none', async () => {
    const cabler = await world.session('provider_lead', 'cabler', ['south'], 'cabler');
    for (const route of ofSchool()) await notThere(route, cabler, 'the cabler');
    const over = new AccessWorld();
    await over.start();
    const lead = () => over.session('provider_lead', 'provider', ['north'], `lead-${over.clock.now()}`);
    const status = async () => (await over.ask('GET', '/api/schools/north/devices', await lead())).statusCode;
    await over.clock.advance(Date.parse('2026-11-04T23:59:59-05:00') - over.clock.now());
    expect(await status()).toBe(200);
    await over.clock.advance(1_000);
    expect(await status()).toBe(404);
    await over.stop();
  });
});

it("a published link of the provider's is good as long as its engagement", async () => {
  const over = await new AccessWorld().start();
  const head = await over.session('director', 'internal', ['north']);
  const made = async (party: string | null) =>
    (await over.ask('POST', '/api/schools/north/ics-links', head, { party })).json<{ url: string }>().url;
  const urls = [await made('provider'), await made('internal'), await made(null)];
  const statuses = async () =>
    Promise.all(urls.map(async (url) => (await over.ask('GET', new URL(url).pathname)).statusCode));
  expect(await statuses()).toEqual([200, 200, 200]);
  await over.clock.advance(Date.parse('2026-11-05T00:00:00-05:00') - over.clock.now());
  expect(await statuses()).toEqual([404, 200, 200]);
  await over.stop();
});

describe('what a school has', () => {
  it('is not in the overview of anybody else', async () => {
    const overview = async (headers: Record<string, string>) =>
      (await world.ask('GET', '/api/overview', headers)).json<{
        schools: { school: string }[];
        open: { school: string }[];
      }>();
    const south = await world.session('director', 'internal', ['south']);
    expect((await overview(south)).schools.map((s) => s.school)).toEqual(['south']);
    expect((await overview(south)).open).toEqual([]);
    expect((await overview(people.D)).schools.map((s) => s.school)).toEqual(['north']);
    const admin = await overview({ authorization: `Bearer ${world.server.token}` });
    expect(admin.schools.map((s) => s.school)).toEqual(['north', 'south']);
    const cabler = await world.session('provider_lead', 'cabler', ['north', 'south'], 'cabler-both');
    expect(await overview(cabler)).toEqual({ schools: [], open: [], suppressed: [], resolved: [] });
  });

  it('is not reached by the id of its alert under the name of another school', async () => {
    const both = await world.session('director', 'internal', ['north', 'south'], 'both');
    const url = (school: string) => `/api/schools/${school}/alerts/${world.alert}`;
    expect((await world.ask('GET', url('north'), both)).statusCode).toBe(200);
    expect((await world.ask('GET', url('south'), both)).statusCode).toBe(404);
    const acted = await world.ask('POST', `${url('south')}/actions`, both, { action: 'ack' });
    expect(acted.statusCode).toBe(404);
  });
});

describe('what is kept private', () => {
  const open = async (headers: Record<string, string>) =>
    (await world.ask('GET', '/api/overview', headers)).json<{ open: Record<string, unknown>[] }>().open;

  it('is to the other side only that it is there', async () => {
    const kept = (await open(people.T)).find((alert) => alert['id'] === world.kept)!;
    expect(kept).toMatchObject({ kept: true, owner: 'internal', severity: 'warning', rule: '', domain: '', told: [] });
    expect(JSON.stringify(await open(people.T))).not.toContain('secret');
    expect((await open(people.T)).find((alert) => alert['id'] === world.alert)).toMatchObject({ domain: 'wireless' });
    const url = `/api/schools/north/alerts/${world.kept}`;
    const reply = await world.ask('GET', url, people.T);
    expect([reply.statusCode, reply.json()]).toEqual([
      403,
      { error: 'not allowed: internal keeps it private, by agreement' },
    ]);
    const claimed = await world.ask('POST', `${url}/actions`, people.L, { action: 'claim' });
    expect(claimed.statusCode).toBe(403);
  });

  it('is read by its own side, the auditor and the operator', async () => {
    for (const headers of [people.S, people.A, { authorization: `Bearer ${world.server.token}` }])
      expect(JSON.stringify(await open(headers))).toContain('the secret of the router');
  });
});
