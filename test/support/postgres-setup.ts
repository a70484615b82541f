import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openState } from '../../collector/state/database.ts';
import { migrateState } from '../../collector/state/migrate.ts';
import { systemClock } from '../../runtime/clock.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';
import { STATE_SERVER } from './state-backend.ts';

const TEMPLATE = 'migrated';

let server: Server | undefined;
let cluster: Promise<TestPostgres> | undefined;

/**
 * One PostgreSQL for a whole run of the tests, begun when the first of them asks: `POST /create?empty=0` answers with a database of its own
 * (with all tables unless empty), `POST /drop?name=N` removes it.
 */
export async function setup(): Promise<void> {
  let count = 0;
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const answer = async (): Promise<unknown> => {
      cluster ??= begin();
      const postgres = await cluster;
      if (url.pathname === '/drop') return postgres.drop(String(url.searchParams.get('name')));
      return postgres.create(`test_${count++}`, url.searchParams.get('empty') === '1' ? undefined : TEMPLATE);
    };
    answer().then(
      (body) => response.end(JSON.stringify(body ?? null)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  process.env[STATE_SERVER] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function teardown(): Promise<void> {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  await (await cluster?.catch(() => undefined))?.stop();
}

async function begin(): Promise<TestPostgres> {
  const postgres = await startPostgres();
  const db = openState(await postgres.create(TEMPLATE));
  await migrateState(db, systemClock);
  await db.destroy();
  return postgres;
}
