import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { errorMessage } from '../core/errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import { nodeHttp } from './node-http.ts';
import type { SelfMetrics } from './self-metrics.ts';

/** Serves `/metrics` and `/livez` for a process that has no other HTTP server. Resolves to the URL once it listens. */
export async function serveMetrics(
  lifecycle: Lifecycle,
  metrics: SelfMetrics,
  listen: { readonly host: string; readonly port: number },
): Promise<string> {
  const server = nodeHttp.createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, async (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') await answerMetrics(response, metrics);
    else if (path === '/livez') answer(response, 200, 'text/plain', 'ok\n');
    else answer(response, 404, 'text/plain', 'here are /metrics and /livez\n');
  });
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  lifecycle.onStop('metrics server', () => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as { port: number };
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}/metrics`;
}

/** A gauge that cannot be read now (a damaged spool) must not end the process. */
async function answerMetrics(response: ServerResponse, metrics: SelfMetrics): Promise<void> {
  try {
    answer(response, 200, metrics.contentType, await metrics.text());
  } catch (error) {
    answer(response, 500, 'text/plain', `${errorMessage(error)}\n`);
  }
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
