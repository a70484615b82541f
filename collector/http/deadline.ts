import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';

/**
 * A signal that aborts after `ms`, or when the client goes away before its reply; `reason` gives what it aborts with. `clear` when done.
 * (Fastify's own `request.signal` aborts as soon as a body has been read, so it cannot guard the work behind it.)
 */
export function replyDeadline(
  reply: ServerResponse,
  clock: Clock,
  ms: number,
  reason: (why: 'late' | 'gone') => Error,
): { readonly signal: AbortSignal; clear(): void } {
  const deadline = new AbortController();
  const timer = new AbortController();
  const onClose = (): void => {
    if (!reply.writableFinished) deadline.abort(reason('gone'));
  };
  reply.once('close', onClose);
  void clock.sleep(ms, timer.signal).then(() => {
    if (!timer.signal.aborted) deadline.abort(reason('late'));
  });
  return {
    signal: deadline.signal,
    clear: () => {
      reply.off('close', onClose);
      timer.abort();
    },
  };
}

/** The result of `work`, or the signal's reason as soon as it aborts; the work itself is expected to watch the signal and end by itself. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
