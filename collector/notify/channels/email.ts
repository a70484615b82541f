import { Transform } from 'node:stream';
import { createTransport } from 'nodemailer';
import { errorMessage } from '../../../core/errors.ts';
import { linkLines } from './answer-links.ts';
import type { Channel, ChannelParts, Delivery, DeliveryResult } from './channel.ts';
import type { MailServer } from './email-schema.ts';
import { type Rendering, renderingOf } from './rendering.ts';
import { UNREADABLE } from './service-call.ts';
import { cut, withReference } from './text-limit.ts';

/** A server that asks others first (greylisting, blocklists) takes longer than a web service. */
const TIMEOUT_MS = 30_000;
const LONGEST_SUBJECT = 200;
const LONGEST_TEXT = 100_000;

export interface EmailParts extends Pick<ChannelParts, 'clock' | 'log'> {
  /** Asked at each delivery, so that a reloaded configuration takes effect. */
  readonly server: () => MailServer | undefined;
  /** For one message, from the connection to the server's answer, ms. Default 30,000. */
  readonly timeoutMs?: number;
}

/**
 * Hands messages to the collector's mail server (RFC 5321). The message's id is its Message-ID at every attempt, so mailboxes that know it
 * show it once; everything about one alert refers to the same id, so mail programs show it as one thread.
 */
export class EmailChannel implements Channel {
  readonly type = 'email';
  readonly #parts: EmailParts;

  constructor(parts: EmailParts) {
    this.#parts = parts;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryResult> {
    const { clock, log, timeoutMs = TIMEOUT_MS } = this.#parts;
    const server = this.#parts.server();
    if (!server) return { ok: false, retryable: true, reason: 'the collector has no mail server (email:)' };
    const rendering = renderingOf(delivery.body);
    if (!rendering) return UNREADABLE;
    const timeout = new AbortController();
    const done = new AbortController();
    void clock.sleep(timeoutMs, done.signal).then(() => timeout.abort());
    const progress = { handedOver: false };
    try {
      await send(server, mailOf(delivery, rendering, server), progress, AbortSignal.any([signal, timeout.signal]));
      return { ok: true };
    } catch (error) {
      const late = timeout.signal.aborted && !signal.aborted ? `no answer within ${timeoutMs} ms` : undefined;
      const result = classifyMail(error as MailError, progress.handedOver, late);
      log.warn({ id: delivery.id, host: server.host, reason: result.reason }, 'email: not accepted');
      return result;
    } finally {
      done.abort();
    }
  }
}

function mailOf({ id, endpoint }: Delivery, { title, text, alert, links }: Rendering, { from }: MailServer) {
  const domain = from.address.split('@').at(-1)!;
  const thread = alert && `<alert.${alert.id}@${domain}>`;
  return {
    from,
    to: endpoint.address,
    subject: cut(title.replaceAll(/\s+/g, ' '), LONGEST_SUBJECT),
    text: withReference(text, id, LONGEST_TEXT, cut, linkLines(links)),
    messageId: `<${id}@${domain}>`,
    ...(thread && { inReplyTo: thread, references: thread }),
    // RFC 3834: nobody's holiday notice answers this.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

async function send(
  server: MailServer,
  mail: ReturnType<typeof mailOf>,
  progress: { handedOver: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { host, port, tls, user, password, ca } = server;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    // One abort ends it, wherever it is.
    socketCloseTimeout: 0,
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
  });
  transport.use('stream', ({ message }, next) => {
    message.transform(() => noticingTheEnd(progress));
    next();
  });
  try {
    await transport.sendMail({ ...mail, signal });
  } finally {
    transport.close();
  }
}

/** Until its last line is out, a message that breaks off is none (RFC 5321 4.1.1.4); after that the server may have taken it. */
function noticingTheEnd(progress: { handedOver: boolean }): Transform {
  return new Transform({
    transform: (chunk, _encoding, next) => next(null, chunk),
    flush: (next) => {
      progress.handedOver = true;
      next();
    },
  });
}

interface MailError extends Error {
  readonly code?: string;
  /** The server's reply code, when it gave one. */
  readonly responseCode?: number;
}

/** 4yz passes, 5yz does not (RFC 5321 4.2.1). */
export function classifyMail(
  error: MailError,
  handedOver: boolean,
  late?: string,
): Extract<DeliveryResult, { ok: false }> {
  const { code, responseCode } = error;
  if (responseCode !== undefined) {
    const about = code === 'EENVELOPE' || code === 'EMESSAGE';
    const login = code === 'EAUTH' || responseCode === 530;
    return {
      ok: false,
      // Only the word about this mail is final: a refused login or a missing STARTTLS is the collector's, and is put right.
      retryable: !about || login || responseCode < 500,
      // The server's words may quote what was sent.
      reason: login ? `the mail server refuses the login (${responseCode})` : `the mail server answers ${responseCode}`,
    };
  }
  const reason = late ?? `${code ?? 'error'}: ${errorMessage(error)}`;
  return { ok: false, retryable: true, uncertain: handedOver, reason };
}
