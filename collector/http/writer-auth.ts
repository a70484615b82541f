import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { AgentRegistry } from '../state/agents.ts';
import type { TokenVerifier } from '../state/token-verifier.ts';
import type { Tenant } from '../state/tokens.ts';
import type { AuthFailures } from './auth-failures.ts';
import { presentedToken, type Query } from './credentials.ts';
import { WriteError } from './write-error.ts';

export interface WriterAuthDeps {
  readonly tokens: TokenVerifier;
  readonly agents: AgentRegistry;
  readonly failures: AuthFailures;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * The tenant of a write request, noted as heard: an agent that delivers is alive even when the store is not.
 * @throws WriteError unauthorized; unavailable when tokens cannot be looked up (never 401: some clients drop the batch for good)
 */
export async function authenticateWriter(request: FastifyRequest, deps: WriterAuthDeps): Promise<Tenant> {
  const token = presentedToken(request.headers.authorization, request.query as Query);
  if (token === undefined) {
    deps.failures.record('ingest', request.ip, 'missing');
    throw new WriteError('unauthorized', 'a token is needed: Authorization: Token <token>');
  }
  const tenant = await lookUp(token, deps);
  if (!tenant) {
    deps.failures.record('ingest', request.ip, 'wrong');
    throw new WriteError('unauthorized', 'the token is unknown or revoked');
  }
  deps.agents.seen(tenant, deps.clock.now());
  return tenant;
}

async function lookUp(token: string, { tokens, log }: WriterAuthDeps): Promise<Tenant | undefined> {
  try {
    return await tokens.verify(token);
  } catch (error) {
    log.error({ err: error }, 'tokens cannot be looked up');
    throw new WriteError('unavailable', 'the token cannot be checked now, try later', error);
  }
}
