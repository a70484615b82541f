import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { CalendarList, CalendarView, IcsLinkCreated, IcsLinkList } from '../../core/calendar-api.ts';
import type { Clock } from '../../core/clock.ts';
import type { SchoolFacts, TenantId } from '../access/access.ts';
import { openingFor } from '../access/engaged.ts';
import type { Confirmation } from '../calendar/calendar-service.ts';
import { publishCalendar, type ResponsibilitySpan } from '../engagement/calendar/ical-publish.ts';
import type { School } from '../engagement/school.ts';
import { instantOfDay, localDay } from '../engagement/zoned-time.ts';
import type { StateDb } from '../state/database.ts';
import { createIcsLink, findIcsLink, listIcsLinks, revokeIcsLink } from '../state/ics-links.ts';
import type { RandomBytes } from '../state/secret.ts';
import { accessOf } from './access-guard.ts';
import { api } from './api-route.ts';
import { calendarListReply, linkListReply, linkReply } from './schema/calendar-schema.ts';

export interface CalendarRoutesDeps {
  readonly db: StateDb;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** As configured now. */
  readonly schools: () => readonly School[];
  readonly calendars: {
    list(school: School): readonly CalendarView[];
    confirm(school: TenantId, calendar: string, pending?: string): Promise<Confirmation>;
  };
  /** Who answers for what in `days` days from `from` (ms since the epoch), cut to that time. */
  readonly spans: (school: School, from: number, days: number) => readonly ResponsibilitySpan[];
  /** The address people use, for the links that are shown; default: that of the request. */
  readonly publicUrl: string | undefined;
  /** What decides who may look into a school; without it links are good until they are revoked. */
  readonly facts?: (school: string) => SchoolFacts | undefined;
}

const BODY_LIMIT = 1024;
const FETCHES_PER_MINUTE = 60;
/** Published: the week behind, and as far ahead as is planned. */
const DAYS_BACK = 7;
const DAYS_PUBLISHED = 400;
/** Working out a year of responsibility takes its time: it is done at most this often for a link. */
const CACHED_MS = 60_000;
const CACHED_LINKS = 200;

const confirmBody = z.strictObject({ pending: z.string().optional() }).nullish();
const linkBody = z.strictObject({ party: z.string().nullish() }).nullish();

const LIST = api({ access: 'read', summary: 'School calendars', replies: { 200: calendarListReply } });
const CONFIRM = api({
  access: 'calendar.confirm',
  summary: 'Put a changed calendar in force',
  body: confirmBody,
  replies: { 204: null },
});
const LINKS = api({ access: 'read', summary: 'Published links', replies: { 200: linkListReply } });
const PUBLISH = api({
  access: 'calendar.publish',
  summary: 'Publish responsibility as iCalendar',
  body: linkBody,
  replies: { 201: linkReply },
});
const REVOKE = api({ access: 'calendar.publish', summary: 'End a published link', replies: { 204: null } });
const PUBLISHED = api(
  { access: 'link', summary: 'Responsibility as iCalendar', replies: { 200: 'text/calendar', 304: null } },
  { rateLimit: { max: FETCHES_PER_MINUTE, timeWindow: '1 minute' } },
);

type SchoolParams = { Params: { school: string } };

/** School calendars with their confirmations, and responsibility published as iCalendar (core/calendar-api.ts). */
export function calendarRoutes(deps: CalendarRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    await app.register(async (scope) => {
      scope.addHook('onRequest', async (_request, reply) => {
        reply.header('bellwether-now', deps.clock.now()).header('cache-control', 'private, no-cache');
      });
      registerFeeds(scope, deps);
      registerLinks(scope, deps);
    });
    await app.register(publicRoutes(deps));
  };
}

function registerFeeds(app: FastifyInstance, deps: CalendarRoutesDeps): void {
  const { calendars } = deps;
  app.get<SchoolParams>('/api/schools/:school/calendars', LIST, (request, reply) => {
    const school = schoolOf(deps, request.params.school);
    if (!school) return refuse(reply, 404, 'no such school');
    const body: CalendarList = { school: school.school, tz: school.tz, calendars: calendars.list(school) };
    return reply.send(body);
  });
  app.post<{ Params: { school: string; calendar: string } }>(
    '/api/schools/:school/calendars/:calendar/confirm',
    { bodyLimit: BODY_LIMIT, ...CONFIRM },
    async (request, reply) => {
      const { school, calendar } = request.params;
      if (!schoolOf(deps, school)?.calendars.has(calendar)) return refuse(reply, 404, 'no such calendar');
      const body = confirmBody.safeParse(request.body);
      if (!body.success) return refuse(reply, 400, 'expected {"pending": "<id of the copy>"}');
      switch (await calendars.confirm(accessOf(request).tenant, calendar, body.data?.pending)) {
        case 'confirmed':
          return reply.code(204).send();
        case 'nothing_pending':
          return refuse(reply, 409, 'nothing waits for a confirmation');
        case 'another_pending':
          return refuse(reply, 409, 'the calendar has changed again: look at it once more');
      }
    },
  );
}

function registerLinks(app: FastifyInstance, deps: CalendarRoutesDeps): void {
  const { db, clock, randomBytes } = deps;
  const path = '/api/schools/:school/ics-links';
  app.get<SchoolParams>(path, LINKS, async (request, reply) => {
    const school = schoolOf(deps, request.params.school);
    if (!school) return refuse(reply, 404, 'no such school');
    const links = await listIcsLinks(db, accessOf(request).tenant);
    const body: IcsLinkList = { links: links.map(({ school: _school, ...link }) => link) };
    return reply.send(body);
  });
  app.post<SchoolParams>(path, { bodyLimit: BODY_LIMIT, ...PUBLISH }, async (request, reply) => {
    const school = schoolOf(deps, request.params.school);
    if (!school) return refuse(reply, 404, 'no such school');
    const body = linkBody.safeParse(request.body);
    const party = body.data?.party ?? null;
    if (!body.success || (party !== null && !school.parties.has(party)))
      return refuse(reply, 400, `party: expected one of ${[...school.parties.keys()].join(', ')}, or none for all`);
    const { id, token } = await createIcsLink(db, { school: accessOf(request).tenant, party }, clock, randomBytes);
    const base = deps.publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`;
    const created: IcsLinkCreated = { id, url: `${base}/ics/${token}.ics` };
    return reply.code(201).send(created);
  });
  app.delete<{ Params: { school: string; id: string } }>(`${path}/:id`, REVOKE, async (request, reply) => {
    const { school, id } = request.params;
    if (!schoolOf(deps, school)) return refuse(reply, 404, 'no such school');
    if (!(await revokeIcsLink(db, accessOf(request).tenant, id, clock))) return refuse(reply, 404, 'no such link');
    return reply.code(204).send();
  });
}

function schoolOf({ schools }: CalendarRoutesDeps, id: string): School | undefined {
  return schools().find((school) => school.school === id);
}

/** Whoever has the link may read: calendar programs know no login. */
function publicRoutes(deps: CalendarRoutesDeps): FastifyPluginAsync {
  return async (app) => {
    const published = new Map<string, { readonly at: number; readonly text: string }>();
    const textFor = (school: School, party: string | null): string => {
      const now = deps.clock.now();
      const key = JSON.stringify([school.school, party]);
      const kept = published.get(key);
      if (kept && now >= kept.at && now - kept.at < CACHED_MS) return kept.text;
      if (published.size >= CACHED_LINKS) published.clear();
      const text = icsText(deps, school, party, now);
      published.set(key, { at: now, text });
      return text;
    };
    app.get<{ Params: { token: string } }>(
      '/ics/:token.ics',
      {
        ...PUBLISHED,
        // The path is the secret: Fastify's own log lines do not get it.
        logSerializers: { req: ({ method }: { method: string }) => ({ method, path: '/ics/' }) },
      },
      async (request, reply) => {
        const link = await findIcsLink(deps.db, request.params.token);
        const school = link && schoolOf(deps, link.school);
        if (!link || !school || !isOpen(deps, link)) return refuse(reply, 404, 'not found');
        const text = textFor(school, link.party);
        const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
        reply.header('etag', etag).header('cache-control', 'private, max-age=300').header('x-robots-tag', 'noindex');
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        reply.header('content-disposition', `inline; filename="${school.school}.ics"`);
        return reply.type('text/calendar; charset=utf-8').send(text);
      },
    );
  };
}

/** The link of a party is good as long as the school is open to it; one for all parties is the school's own. */
function isOpen(
  { facts, clock, schools }: CalendarRoutesDeps,
  link: { school: string; party: string | null },
): boolean {
  const { school, party } = link;
  if (party === null) return true;
  const known = facts?.(school);
  if (!known) return schools().some((s) => s.school === school && s.parties.has(party));
  return openingFor(known.agreed, party, known.waiting, clock.now()).to === 'school';
}

function icsText({ spans }: CalendarRoutesDeps, school: School, party: string | null, now: number): string {
  const today = localDay(school.tz, now);
  const from = instantOfDay(school.tz, today - DAYS_BACK, 0);
  const own = spans(school, from, DAYS_BACK + DAYS_PUBLISHED).filter((span) => party === null || span.owner === party);
  const who = party === null ? 'who answers' : `when ${school.parties.get(party)?.name ?? party} answers`;
  return publishCalendar(own, {
    school: school.school,
    name: `${school.school}: ${who}`,
    // The same all day, so that a calendar program sees a change only where there is one.
    stamp: instantOfDay(school.tz, today, 0),
  });
}

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error });
}
