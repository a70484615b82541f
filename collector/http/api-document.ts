import type { FastifyPluginAsync, RouteOptions } from 'fastify';
import { z } from 'zod';
import { type ApiSpec, api, isPermissionAccess, type RouteAccess } from './api-route.ts';
import { errorReply } from './schema/schema-parts.ts';

declare module 'fastify' {
  interface FastifyInstance {
    apiDocument: ApiDocument;
  }
}

type Json = Readonly<Record<string, unknown>>;

/** One route as it was registered. */
export interface DocumentedRoute {
  readonly method: string;
  /** As Fastify has it: `/api/schools/:school`. */
  readonly url: string;
  readonly spec: ApiSpec;
}

/** The whole API as OpenAPI 3.1, made of what the routes say of themselves: there is nothing else to keep in step. */
export class ApiDocument {
  readonly #version: string;
  readonly #routes: DocumentedRoute[] = [];

  constructor(version: string) {
    this.#version = version;
  }

  /** Every route, those that are not in the document too. */
  get routes(): readonly DocumentedRoute[] {
    return this.#routes;
  }

  add({ method, url, config }: RouteOptions): void {
    const spec = config?.api;
    if (!spec) return;
    // A HEAD that comes along with each GET says nothing of its own.
    for (const one of [method].flat()) if (one !== 'HEAD') this.#routes.push({ method: one, url, spec });
  }

  /** https://spec.openapis.org/oas/v3.1.1: schemas are JSON Schema 2020-12. */
  toJson(): Json {
    const schemas = new Schemas();
    const shown = this.#routes.filter(({ spec }) => !spec.hidden);
    const byPath = Map.groupBy(shown, ({ url }) => pathOf(url));
    const paths = [...byPath]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, routes]) => [
        path,
        Object.fromEntries(routes.map((route) => [route.method.toLowerCase(), operation(route, schemas)])),
      ]);
    return {
      openapi: '3.1.1',
      info: {
        title: 'Bellwether',
        version: this.#version,
        description:
          'Times are ms since the epoch. A school that is not yours is answered as one that is not there (404); what your role may not do is 403. ' +
          'An account or a token need not say `party` and `by`: they are its own. The admin token says them each time.',
      },
      paths: Object.fromEntries(paths),
      components: {
        schemas: schemas.named,
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'the admin token, or a token of the API' },
          session: { type: 'apiKey', in: 'cookie', name: 'bellwether_session' },
          agent: { type: 'apiKey', in: 'header', name: 'Authorization', description: "`Token <agent's token>`" },
        },
      },
    };
  }
}

/** `GET /api/openapi.json` */
export function apiDocumentRoute(document: ApiDocument): FastifyPluginAsync {
  return async (app) => {
    const spec = api({
      access: 'anyone',
      summary: 'This document',
      replies: { 200: z.looseObject({ openapi: z.string() }) },
    });
    let text: string | undefined;
    app.get('/api/openapi.json', spec, (_request, reply) => {
      text ??= JSON.stringify(document.toJson());
      return reply.type('application/json; charset=utf-8').send(text);
    });
  };
}

function operation({ url, spec }: DocumentedRoute, schemas: Schemas): Json {
  const { summary, access, query, body, replies } = spec;
  const parameters = [...pathParameters(url), ...(query ? queryParameters(query, schemas) : [])];
  const permission = isPermissionAccess(access) ? { 'x-permission': access } : {};
  return {
    summary,
    ...permission,
    security: SECURITY[kindOf(access)],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { content: { 'application/json': { schema: bodyOf(body, spec, schemas) } } } }),
    responses: { ...responses(replies, schemas), ...refusals(spec, schemas) },
  };
}

const SECURITY = {
  login: [{ bearer: [] }, { session: [] }],
  agent: [{ agent: [] }],
  none: [],
} as const;

function kindOf(access: RouteAccess): keyof typeof SECURITY {
  if (access === 'agent') return 'agent';
  return access === 'anyone' || access === 'link' ? 'none' : 'login';
}

/** Who does it is said by the operator only. */
function bodyOf(body: z.ZodType, { acts }: ApiSpec, schemas: Schemas): Json {
  const schema = schemas.of(body, 'input');
  if (!acts) return schema;
  const free = (one: Json): Json =>
    Array.isArray(one['required'])
      ? { ...one, required: one['required'].filter((name) => name !== 'party' && name !== 'by') }
      : one;
  const choices = schema['oneOf'] as readonly Json[] | undefined;
  return choices ? { ...schema, oneOf: choices.map(free) } : free(schema);
}

function responses(replies: ApiSpec['replies'], schemas: Schemas): Json {
  return Object.fromEntries(
    Object.entries(replies).map(([status, reply]) => {
      const description = DESCRIPTIONS[status] ?? 'done';
      if (reply === null) return [status, { description }];
      if (typeof reply === 'string') return [status, { description, content: { [reply]: {} } }];
      return [status, { description, content: { 'application/json': { schema: schemas.of(reply, 'output') } } }];
    }),
  );
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  200: 'done',
  201: 'made',
  204: 'done, nothing to say',
  304: 'as before',
  400: 'the request is not well formed',
  401: 'no login, or it is over',
  403: 'not allowed',
  404: 'not there, or not yours',
  409: 'not possible as things are',
  429: 'too many requests: come back after Retry-After seconds',
  503: 'not now: come back after Retry-After seconds',
};

function refusals({ access, body, query, replies }: ApiSpec, schemas: Schemas): Json {
  const login = isPermissionAccess(access) || access === 'somebody';
  const statuses = [
    ...(body || query ? ['400'] : []),
    ...(login || access === 'agent' ? ['401'] : []),
    ...(isPermissionAccess(access) ? ['403', '404'] : []),
    ...(body && isPermissionAccess(access) ? ['409'] : []),
    ...(login ? ['429'] : []),
  ].filter((status) => !(status in replies));
  const schema = schemas.of(errorReply, 'output');
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: DESCRIPTIONS[status], content: { 'application/json': { schema } } },
    ]),
  );
}

function pathOf(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}');
}

function pathParameters(url: string): Json[] {
  return [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: z.ZodType, schemas: Schemas): Json[] {
  const { properties = {}, required = [] } = schemas.of(query, 'input') as {
    properties?: Readonly<Record<string, Json>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

/** What has a name (`.meta({ id })`) is written once, under it. */
class Schemas {
  readonly #named = new Map<string, Json>();

  get named(): Json {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const made = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
    const { $schema: _dialect, $defs = {}, id, ...rest } = inComponents(made) as Json & { $defs?: Json; id?: string };
    for (const [name, { id: _id, ...part }] of Object.entries($defs as Record<string, Json>))
      this.#named.set(name, part);
    if (id === undefined) return rest;
    this.#named.set(id, rest);
    return { $ref: `#/components/schemas/${id}` };
  }
}

/** Zod keeps named parts in each schema, OpenAPI in one place. */
function inComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inComponents);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) =>
    key === '$ref' && typeof item === 'string'
      ? [key, item.replace('#/$defs/', '#/components/schemas/')]
      : [key, inComponents(item)],
  );
  return Object.fromEntries(entries);
}
