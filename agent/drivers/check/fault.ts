import { formatDuration } from '../../../core/duration.ts';
import { errorMessage } from '../../../core/errors.ts';
import type { Fault, Step } from './attempt.ts';
import type { Limits } from './deadline.ts';

/** What the system says when it cannot even try: no route, no address, no sockets or buffers left, a local firewall. */
const OURS = new Set([
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EACCES',
  'EPERM',
]);

const WAITED_FOR: Readonly<Record<Step, string>> = {
  name: 'answer from the name server',
  connect: 'connection',
  tls: 'end of the TLS handshake',
  request: 'answer to the request',
  body: 'end of the body',
  query: 'answer',
  ping: 'answer to ping',
};

/** An attempt that ended at `step`: thrown within the drivers, never out of them. */
export class Failed extends Error {
  readonly fault: Fault;

  constructor(step: Step, kind: Fault['kind'], text: string) {
    super(text);
    this.fault = { step, kind, text };
  }
}

/** The fault that an error at `step` amounts to. */
export function faultOf(error: unknown, step: Step, limits: Limits): Fault {
  if (limits.expired()) return expired(step, limits.timeoutMs);
  if (error instanceof Failed) return error.fault;
  const codes = codesOf(error);
  const text = `${WORDS[step]}: ${errorMessage(error)}`;
  if (codes.length > 0 && codes.every((code) => OURS.has(code))) return { step, kind: 'ours', text };
  return {
    step,
    kind: codes.includes('ECONNREFUSED') ? 'refused' : codes.includes('ETIMEDOUT') ? 'timeout' : 'broken',
    text,
  };
}

/** A name server that is silent says nothing of the host that was looked for. */
function expired(step: Step, timeoutMs: number): Fault {
  const kind = step === 'name' ? 'ours' : 'timeout';
  return { step, kind, text: `no ${WAITED_FOR[step]} within ${formatDuration(timeoutMs)}` };
}

const WORDS: Readonly<Record<Step, string>> = {
  name: 'the host name was not found',
  connect: 'no connection',
  tls: 'the TLS handshake failed',
  request: 'no answer to the request',
  body: 'the body broke off',
  query: 'no answer',
  ping: 'no answer to ping',
};

/** One code for each address that was tried. */
function codesOf(error: unknown): string[] {
  if (error instanceof AggregateError) return error.errors.flatMap(codesOf);
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? [code] : [];
}
