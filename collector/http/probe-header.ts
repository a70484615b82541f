import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../core/clock.ts';
import { AGENT_HEADER, PROBE_HEADER, PROBES_UNDERSTOOD } from '../../core/probe-header.ts';

/** What is wanted of the agent of a site now. */
export interface ProbeSource {
  take(school: string, site: string, now: number): readonly string[];
}

/** Only our own agent knows what to do with it; others are not asked. */
export function askForProbes(
  request: FastifyRequest,
  reply: FastifyReply,
  { school, site }: { readonly school: string; readonly site: string },
  { probes, clock }: { readonly probes?: ProbeSource | undefined; readonly clock: Clock },
): void {
  if (!probes || reply.sent || request.headers[AGENT_HEADER] !== PROBES_UNDERSTOOD) return;
  const names = probes.take(school, site, clock.now());
  if (names.length > 0) reply.header(PROBE_HEADER, names.join(','));
}
