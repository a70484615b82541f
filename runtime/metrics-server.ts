import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { Lifecycle } from './lifecycle.ts';
import type { SelfMetrics } from './self-metrics.ts';

/** Serves `/metrics` and `/livez` for a process that has no other HTTP server. Resolves to the URL once it listens. */
export async function serveMetrics(
  lifecycle: Lifecycle,
  metrics: SelfMetrics,
  listen: { readonly host: string; readonly port: number },
): Promise<string> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, async (request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/metrics') answer(response, 200, metrics.contentType, await metrics.text());
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

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
