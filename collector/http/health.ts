import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import { api } from './api-route.ts';
import type { AuthFailures } from './auth-failures.ts';

/** Something the collector cannot work without; `check` throws when it is not there. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}

export interface HealthDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SelfMetrics;
  readonly checks: readonly HealthCheck[];
  readonly version: string;
  readonly failures: AuthFailures;
  /** Asked for `/metrics` from other machines. */
  mayReadMetrics(request: FastifyRequest): Promise<boolean>;
}

const pass = z.enum(['pass', 'fail']);
const passReply = z.strictObject({ status: pass });
const checksReply = passReply.extend({ checks: z.array(z.strictObject({ name: z.string(), status: pass })) });
const healthReply = checksReply.extend({ name: z.string(), message: z.string(), version: z.string() });

type CheckResult = { readonly name: string; readonly status: 'pass' | 'fail' };

const CHECK_TIMEOUT_MS = 2_000;
/** Anyone may ask, so the answer is kept this long: asking often must not load the store. */
const ANSWER_MS = 1_000;

/**
 * `/livez` (the process answers), `/readyz` and `/health` (it can take data; the latter in InfluxDB's form), `/metrics` (Prometheus text).
 * Replies name what fails but not why: the reason may hold addresses and is in the log.
 */
export function registerHealth(app: FastifyInstance, deps: HealthDeps): void {
  const readiness = cachedReadiness(deps);
  app.get(
    '/livez',
    api({ access: 'anyone', summary: 'Whether the process answers', replies: { 200: passReply } }),
    async () => ({ status: 'pass' }),
  );
  app.get(
    '/readyz',
    api({ access: 'anyone', summary: 'Whether it can take data', replies: { 200: checksReply, 503: checksReply } }),
    async (_request, reply) => {
      const checks = await readiness();
      return reply.code(passes(checks) ? 200 : 503).send({ status: passes(checks) ? 'pass' : 'fail', checks });
    },
  );
  app.get(
    '/health',
    api({ access: 'anyone', summary: "The same in InfluxDB's form", replies: { 200: healthReply, 503: healthReply } }),
    async (_request, reply) => {
      const checks = await readiness();
      const failing = checks.filter((c) => c.status === 'fail').map((c) => c.name);
      return reply.code(failing.length === 0 ? 200 : 503).send({
        name: 'bellwether',
        message: failing.length === 0 ? 'ready for writes' : `not available: ${failing.join(', ')}`,
        status: failing.length === 0 ? 'pass' : 'fail',
        checks,
        version: deps.version,
      });
    },
  );
  app.get(
    '/metrics',
    api({
      access: 'anyone',
      summary: 'Prometheus text; from another machine with the admin token, or a token for metrics.read',
      replies: { 200: 'text/plain' },
    }),
    async (request, reply) => {
      if (!isLocal(request) && !(await deps.mayReadMetrics(request))) {
        deps.failures.record('metrics', request.ip, request.headers.authorization === undefined ? 'missing' : 'wrong');
        return reply
          .code(401)
          .send({ error: 'from another machine, /metrics needs Authorization: Bearer <admin token>' });
      }
      return reply.type(deps.metrics.contentType).send(await deps.metrics.text());
    },
  );
}

/** From this machine, and not through a proxy on it. */
function isLocal(request: FastifyRequest): boolean {
  const { headers } = request;
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  const address = request.socket.remoteAddress ?? '';
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

function passes(checks: readonly CheckResult[]): boolean {
  return checks.every((c) => c.status === 'pass');
}

function cachedReadiness(deps: HealthDeps): () => Promise<readonly CheckResult[]> {
  let last: { readonly at: number; readonly answer: Promise<readonly CheckResult[]> } | undefined;
  return () => {
    const now = deps.clock.monotonic();
    if (!last || now - last.at >= ANSWER_MS)
      last = { at: now, answer: Promise.all(deps.checks.map((c) => run(c, deps))) };
    return last.answer;
  };
}

async function run(check: HealthCheck, { clock, log }: HealthDeps): Promise<CheckResult> {
  const done = new AbortController();
  const late = clock.sleep(CHECK_TIMEOUT_MS, done.signal).then(() => {
    throw new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`);
  });
  late.catch(() => {});
  try {
    await Promise.race([check.check(), late]);
    return { name: check.name, status: 'pass' };
  } catch (error) {
    log.warn({ check: check.name, err: errorMessage(error) }, 'health check failed');
    return { name: check.name, status: 'fail' };
  } finally {
    done.abort();
  }
}
