import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorMessage } from '../core/errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import { nodeHttp } from './node-http.ts';
import type { SelfMetrics } from './self-metrics.ts';

export interface JsonReply {
  readonly status: number;
  readonly body: object;
}

/** Further things to be read there, by path. */
export type JsonRoutes = Readonly<Record<string, (query: URLSearchParams) => JsonReply>>;

/** Serves `/metrics`, `/livez` and `routes` for a process that has no other HTTP server. Resolves to the URL of the metrics once it listens. */
export async function serveMetrics(
  lifecycle: Lifecycle,
  metrics: SelfMetrics,
  listen: { readonly host: string; readonly port: number },
  routes: JsonRoutes = {},
): Promise<string> {
  const server = nodeHttp.createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000 },
    (request, response) => void respond(request, response, metrics, routes),
  );
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  lifecycle.onStop('metrics server', () => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}/metrics`;
}

/** What cannot be read now (a damaged spool) must not end the process. */
async function respond(
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
  metrics: SelfMetrics,
  routes: JsonRoutes,
): Promise<void> {
  const cut = url.indexOf('?');
  const path = cut < 0 ? url : url.slice(0, cut);
  const query = new URLSearchParams(cut < 0 ? '' : url.slice(cut));
  try {
    if (method !== 'GET' && method !== 'HEAD')
      answer(response.setHeader('allow', 'GET, HEAD'), 405, TEXT, 'GET only\n');
    else if (path === '/metrics') answer(response, 200, metrics.contentType, await metrics.text());
    else if (path === '/livez') answer(response, 200, TEXT, 'ok\n');
    else if (Object.hasOwn(routes, path)) answerJson(response, routes[path]!(query));
    else answer(response, 404, TEXT, `here are ${['/metrics', '/livez', ...Object.keys(routes)].join(', ')}\n`);
  } catch (error) {
    answer(response, 500, TEXT, `${errorMessage(error)}\n`);
  }
}

const TEXT = 'text/plain';

function answerJson(response: ServerResponse, { status, body }: JsonReply): void {
  response.setHeader('cache-control', 'no-store').setHeader('x-content-type-options', 'nosniff');
  answer(response, status, 'application/json; charset=utf-8', `${JSON.stringify(body)}\n`);
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
