import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly secure: boolean;
  /** As it went over the wire. */
  readonly raw: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface MailServerBehaviour extends SMTPServerOptions {
  /** Refuses the recipient, or the message, with this reply code. */
  readonly refuse?: { readonly at: 'recipient' | 'message'; readonly code: number };
  /** Says nothing after the message. */
  readonly silent?: boolean;
  readonly login?: { readonly user: string; readonly password: string };
}

/** A mail server on 127.0.0.1 that keeps what it takes. */
export async function startMailServer({ refuse, silent, login, ...options }: MailServerBehaviour = {}) {
  const taken: TakenMail[] = [];
  const refusal = (at: string): Error | undefined =>
    refuse?.at === at
      ? Object.assign(new Error('refused, for kim@example.org'), { responseCode: refuse.code })
      : undefined;
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: login === undefined,
    disabledCommands: options.key === undefined ? ['STARTTLS'] : [],
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) =>
      username === login?.user && password === login?.password
        ? done(null, { user: username })
        : done(new Error('no such login')),
    onRcptTo: (_address, _session, done) => done(refusal('recipient')),
    onData: (stream, session, done) => {
      void text(stream).then((raw) => {
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: session.user,
          secure: session.secure,
          raw,
          headers: headersOf(raw),
        });
        if (!silent) done(refusal('message'));
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return { taken, port, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

function headersOf(raw: string): Record<string, string> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
  return Object.fromEntries(
    head
      .split('\r\n')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}
