import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { until } from '../support/process.ts';
import { Cluster, type Member, SECRET } from './cluster.ts';
import { StrictReceiver } from './strict-receiver.ts';

/** Two collectors as people and agents see them: whatever is asked of either is as good as asked of the other. */
const SCHOOLS = ['north', 'south'];
const SOON_MS = 30_000;
const receiver = new StrictReceiver(SECRET, () => 1);
let cluster: Cluster;
let cookie: string;
let adminToken: string;
/** Of north: who answers for it, and who does not. */
let holder: Member;
let other: Member;
let time = 0;

beforeAll(async () => {
  cluster = await Cluster.start({ schools: SCHOOLS, receiver: await receiver.start() });
  await until('both to hold a school', 30_000, async () => (await cluster.holders()).size === 2);
  const url = [...(await cluster.holders())].find(([, schools]) => schools.includes('north'))![0];
  holder = cluster.members.find((member) => member.url === url)!;
  other = cluster.members.find((member) => member.url !== url)!;
  adminToken = cluster.members.flatMap(({ process }) => /admin token: (\S+)/.exec(process!.stdout)?.[1] ?? [])[0]!;
  const reply = await fetch(`${holder.url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: holder.url },
    body: JSON.stringify({ token: adminToken }),
  });
  cookie = reply.headers.get('set-cookie')!.split(';')[0]!;
}, 90_000);
afterAll(async () => {
  await cluster?.stop();
  await receiver.stop();
}, 30_000);

async function ask(member: Member, path: string, body?: object) {
  const reply = await fetch(`${member.url}${path}`, {
    headers: { cookie, 'content-type': 'application/json', origin: member.url },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return { status: reply.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}

/** A door of north says that it is open (1) or shut (0). */
async function door(member: Member, name: string, open: 0 | 1): Promise<Response> {
  time = Math.max(time + 1, systemClock.now());
  const headers = { authorization: `Token ${cluster.tokens.get('north')}` };
  const body = `door,door=${name} open=${open} ${time}`;
  return fetch(`${member.url}/api/v2/write?precision=ms`, { method: 'POST', headers, body });
}

/** As an agent does: what is not taken comes again. */
const delivered = (member: Member, name: string, open: 0 | 1) =>
  until(`${name} to be delivered`, SOON_MS, async () => (await door(member, name, open)).status === 204);

const told = (type: string, name: string) =>
  until(`${type} of ${name}`, SOON_MS, () =>
    receiver.got.find((message) => message.type === type && message.alert.labels['door'] === name),
  );

it('one of two schools each, and one admin token for both', async () => {
  expect([...(await cluster.holders()).values()].map((schools) => schools.length)).toEqual([1, 1]);
  expect(cluster.members.filter(({ process }) => process!.stdout.includes('admin token'))).toHaveLength(1);
});

it('a login at one is good at the other', async () => {
  for (const member of cluster.members) expect((await ask(member, '/api/overview')).status).toBe(200);
});

it('a write to either reaches the one that answers for the school; what people do at the other takes effect there', async () => {
  await delivered(other, 'gate', 1);
  const { alert } = await told('alert.open', 'gate');
  const path = `/api/schools/north/alerts/${alert.id}/actions`;
  // Taken over at the one that does not answer for the school: the one that does tells the former owner.
  const claimed = await ask(other, path, { action: 'claim', party: 'provider', by: 'Lee' });
  expect([claimed.status, claimed.body?.alert.owner]).toEqual([200, 'provider']);
  await told('alert.handed_over', 'gate');
  await delivered(holder, 'gate', 0);
  await told('alert.resolved', 'gate');
});

it('what is agreed at one is what the other decides by, within seconds', async () => {
  const day = (n: number) => new Date(systemClock.now() + n * 86_400_000).toISOString().slice(0, 10);
  const path = '/api/schools/north/engagements';
  const engagement = {
    id: 'doors',
    kind: 'adhoc',
    from: day(-2),
    until: day(10),
    grants: [{ owner: 'provider', scope: { domain: 'infrastructure' } }],
  };
  const made = await ask(other, path, { party: 'internal', by: 'Kim', reason: 'holiday', engagement });
  expect([made.status, made.text]).toEqual([201, expect.any(String)]);
  await ask(other, `${path}/doors/approve`, { party: 'internal', by: 'Kim' });
  const agreed = await ask(other, `${path}/doors/accept`, { party: 'provider', by: 'Lee' });
  expect(agreed.body).toMatchObject({ status: 'approved' });
  const owner = async (member: Member) => {
    const alert = { domain: 'infrastructure', severity: 'critical', site: 'main' };
    return (await ask(member, '/api/schools/north/explain', { alert })).body?.owner;
  };
  expect(await owner(other)).toBe('provider');
  await until('the holder to decide by it', SOON_MS, async () => (await owner(holder)) === 'provider');
});

it('a database that is away costs nothing: writes are told to come back, and both go on by themselves', async () => {
  await cluster.postgres.halt('immediate');
  await until('503', 20_000, async () => {
    const reply = await door(other, 'cellar', 1);
    return reply.status === 503 && reply.headers.get('retry-after') === '5';
  });
  await cluster.postgres.start();
  await delivered(other, 'cellar', 1);
  for (const member of cluster.members) expect(member.process!.running).toBe(true);
  await until('the alert', SOON_MS, async () =>
    (await ask(other, '/api/overview')).text.includes('door cellar is open'),
  );
});

it('one that is asked to stop gives its schools to the other at once', async () => {
  expect(await holder.process!.end('SIGTERM')).toBe(0);
  // No lease has to run out: they were given up.
  const leases = await cluster.db.selectFrom('school_lease').selectAll().execute();
  expect(leases.filter((lease) => lease.url === holder.url)).toEqual([]);
  await cluster.heldBy(other, SOON_MS);
  await delivered(other, 'attic', 1);
  await until('the alert', SOON_MS, async () =>
    (await ask(other, '/api/overview')).text.includes('door attic is open'),
  );
});
