import type { FastifyRequest } from 'fastify';
import { errorMessage } from '../../core/errors.ts';
import type { PeerAnswer, PeerRequest } from '../outbound/peer.ts';
import { WriteError } from './write-error.ts';

/** Several collectors share the schools; each writes for those it holds. */
export interface Cluster {
  readonly id: string;
  holds(school: string): boolean;
  /** Undefined: nobody is known to. */
  holderUrl(school: string): string | undefined;
  post(request: PeerRequest, signal: AbortSignal): Promise<PeerAnswer>;
}

/** Names who passed a write on: it is passed on once, and never in a circle. */
const PASSED_ON = 'bellwether-passed-on-by';
const KEPT = ['authorization', 'content-encoding', 'content-type', 'user-agent'];

/**
 * Sends a write, as it came and with its sender's own token, to the collector that answers for the school; its answer is the answer. Whatever
 * keeps it from getting there is 503: the sender keeps the batch and tries again.
 * @throws WriteError unavailable
 */
export async function forwardWrite(
  cluster: Cluster,
  school: string,
  request: FastifyRequest,
  body: Buffer,
  signal: AbortSignal,
): Promise<PeerAnswer> {
  const url = cluster.holderUrl(school);
  if (url === undefined || request.headers[PASSED_ON] !== undefined)
    throw new WriteError('unavailable', 'no collector answers for this school at the moment, try again');
  const kept = KEPT.flatMap((name) => {
    const value = request.headers[name];
    return typeof value === 'string' ? [[name, value]] : [];
  });
  const headers = { ...Object.fromEntries(kept), [PASSED_ON]: cluster.id };
  try {
    return await cluster.post({ url, path: request.url, headers, body }, signal);
  } catch (error) {
    throw new WriteError(
      'unavailable',
      `the collector of this school cannot be reached now, try later`,
      errorMessage(error),
    );
  }
}
