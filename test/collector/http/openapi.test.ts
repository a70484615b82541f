import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { api } from '../../../collector/http/api-route.ts';
import { VERSION } from '../../../runtime/version.ts';
import { PageServer } from '../../console/page-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ROOT } from '../../support/source-files.ts';
import { testServer } from './test-server.ts';

interface Operation {
  readonly summary: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Schema {
  readonly required?: readonly string[];
  readonly oneOf?: readonly Schema[];
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
}

const server = new PageServer(new FakeClock());
let document: Document;

beforeAll(async () => {
  await server.start();
  const reply = await server.app.inject({ url: '/api/openapi.json' });
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
  document = reply.json<Document>();
});
afterAll(() => server.stop());

const operations = (): [string, string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, of]) =>
    Object.entries(of).map(([method, operation]): [string, string, Operation] => [path, method, operation]),
  );

describe('the API document', () => {
  it('is the one that is committed: `npm run generate` writes it', () => {
    const committed = JSON.parse(readFileSync(join(ROOT, 'docs/openapi.json'), 'utf8')) as {
      info: { version: string };
    };
    expect(committed.info.version).toBe(VERSION);
    expect({ ...committed, info: null }).toEqual({ ...document, info: null });
  });

  it('has every route that is registered, and nothing else, but for the page and its files', () => {
    const registered = server.app.apiDocument.routes
      .filter(({ spec }) => !spec.hidden)
      .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
    const documented = operations().map(([path, method]) => `${method.toUpperCase()} ${path}`);
    expect(documented.sort()).toEqual(registered.sort());
    const hidden = server.app.apiDocument.routes.filter(({ spec }) => spec.hidden).map(({ url }) => url);
    expect(hidden).toEqual(['/', '/assets/:version/*']);
  });

  it('is OpenAPI 3.1 whose references lead somewhere and whose parameters are all described', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    for (const [, reference] of JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)) {
      const path = reference!.replace('#/', '').split('/');
      const target = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document);
      expect(target, reference).toBeDefined();
    }
    for (const [path, method, { parameters = [], summary, responses, security }] of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = parameters.filter((p) => p.in === 'path' && p.required).map(({ name }) => name);
      expect(described, `${method} ${path}`).toEqual(named);
      expect(summary.length, `${method} ${path}`).toBeGreaterThan(5);
      expect(Object.keys(responses).length, `${method} ${path}`).toBeGreaterThan(0);
      for (const scheme of security.flatMap((one) => Object.keys(one)))
        expect(Object.keys(document.components.securitySchemes)).toContain(scheme);
    }
  });

  it('says that an account need not say who it is', () => {
    const { requestBody } = document.paths['/api/schools/{school}/alerts/{id}/actions']!['post']!;
    const { oneOf } = requestBody!.content['application/json']!.schema;
    expect(oneOf!.map(({ required }) => required)).toContainEqual(['action', 'reason']);
    expect(oneOf!.flatMap(({ required = [] }) => required)).not.toContain('party');
  });
});

describe('answers', () => {
  it('that are not as a route says fail its tests', async () => {
    const spec = api({ access: 'anyone', summary: 'A thing', replies: { 200: z.strictObject({ name: z.string() }) } });
    const drifting = await testServer({
      routes: [
        async (app) => {
          app.get('/api/right', spec, async () => ({ name: 'x' }));
          app.get('/api/more', spec, async () => ({ name: 'x', secret: 1 }));
          app.get('/api/other', spec, async (_request, reply) => reply.code(202).send({ name: 'x' }));
        },
      ],
    });
    const status = async (url: string) => (await drifting.app.inject({ url })).statusCode;
    expect([await status('/api/right'), await status('/api/more'), await status('/api/other')]).toEqual([
      200, 500, 500,
    ]);
    await drifting.close();
  });

  it('need a route that says who may have them: one that does not keeps the collector from starting', async () => {
    const silent = testServer({ routes: [async (app) => void app.get('/api/silent', async () => ({}))] });
    await expect((await silent).app.ready()).rejects.toThrow('GET /api/silent does not say who may use it');
  });
});
