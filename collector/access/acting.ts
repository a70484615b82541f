import type { Principal } from './principal.ts';

export type Acted =
  | { readonly body: unknown }
  /** 403: the request claims to be somebody else. */
  | { readonly reason: string };

/**
 * Pure: who does what is asked. For an account or a token that is settled: a request need not say it, and may not say otherwise. The operator says
 * it each time, and the route checks that it did.
 */
export function withActor(principal: Principal, body: unknown): Acted {
  if (principal.kind === 'operator') return { body };
  const { party, name } = principal;
  if (party === null) return { reason: 'not allowed: you act for no party of this school' };
  const claimed = isMapping(body) ? body : {};
  if (claimed['party'] !== undefined && claimed['party'] !== party)
    return { reason: `not allowed: you act for ${party}, not for ${JSON.stringify(claimed['party'])}` };
  if (claimed['by'] !== undefined && claimed['by'] !== name)
    return { reason: `not allowed: you are ${name}, not ${JSON.stringify(claimed['by'])}` };
  // What is no mapping is left for the route to refuse.
  return { body: body === undefined || body === null || isMapping(body) ? { ...claimed, party, by: name } : body };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
