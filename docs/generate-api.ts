import type { AllRouteDeps } from '../collector/http/all-routes.ts';
import { allRoutes } from '../collector/http/all-routes.ts';
import { buildServer, type ServerDeps } from '../collector/http/server.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import { SelfMetrics } from '../runtime/self-metrics.ts';
import { VERSION } from '../runtime/version.ts';

/** The API document of a collector that is built and never asked anything: routes say what they are when they are registered. */
export async function apiDocument(): Promise<string> {
  const none = { db: {}, schools: () => [], book: {}, router: {}, ritual: {}, calendars: {}, clock: systemClock };
  const deps = new Proxy({}, { get: () => none }) as unknown as AllRouteDeps;
  const server = buildServer({
    ...({ tokens: {}, agents: {}, db: {} } as unknown as Pick<ServerDeps, 'tokens' | 'agents' | 'db'>),
    log: createLogger('docs', 'error'),
    clock: systemClock,
    metrics: new SelfMetrics(),
    ingest: async () => ({ written: 0, rejected: [] }),
    checks: [],
    version: VERSION,
    routes: allRoutes(deps),
  });
  try {
    await server.ready();
    return `${JSON.stringify(server.apiDocument.toJson(), null, 2)}\n`;
  } finally {
    await server.close();
  }
}
