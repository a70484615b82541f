import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { alertmanager } from '../../collector/notify/channels/services/alertmanager.ts';
import { ntfy } from '../../collector/notify/channels/services/ntfy.ts';
import { pagerduty } from '../../collector/notify/channels/services/pagerduty.ts';
import { slack } from '../../collector/notify/channels/services/slack.ts';
import type { Answer, Seen, Service } from '../../collector/notify/channels/stand-in.ts';
import { startMailServer } from '../../support/mail-server.ts';
import { parseJson, parseText, type Receipt } from './receipt.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=';

/** Where a sender stands with a message: it has connected, the receiver has the message, the receiver has answered. */
export type Moment = 'connected' | 'got' | 'answered';

export interface Receivers {
  readonly receipts: Receipt[];
  /** What a receiver did not take: the stand-ins are as strict as the services document. */
  readonly refused: string[];
  /** A school file's contacts. */
  readonly contacts: string;
  readonly mailPort: number;
  close(): Promise<void>;
}

interface Parts {
  readonly run: () => number;
  /** True: the sender was killed just now, so it gets no answer. */
  readonly at: (moment: Moment) => boolean;
}

/** One receiver for each kind of channel that knows ids, and for several that do not: kim has three, noc four. */
export async function startReceivers(parts: Parts): Promise<Receivers> {
  const receipts: Receipt[] = [];
  const refused: string[] = [];
  const closing: (() => Promise<unknown>)[] = [];
  const keep = (target: string, part: Omit<Receipt, 'target' | 'run'>): void =>
    void receipts.push({ ...part, target, run: parts.run() });

  const listen = async (target: string, service: Service, read: (seen: Seen) => Omit<Receipt, 'target' | 'run'>) => {
    const server = createServer((req, res) => {
      void text(req).then(
        (body) => {
          const seen = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body };
          const answer = service(seen);
          if (answer.status >= 300) refused.push(`${target}: ${answer.status} to ${body}`);
          else keep(target, read(seen));
          if (parts.at('got')) return void req.socket.destroy();
          res.writeHead(answer.status, answer.headers);
          res.end(typeof answer.body === 'object' ? JSON.stringify(answer.body) : answer.body, () =>
            parts.at('answered'),
          );
        },
        () => {},
      );
    });
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      if (parts.at('connected')) socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(
      () =>
        new Promise((resolve) => {
          server.close(resolve);
          server.closeAllConnections();
        }),
    );
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  const mail = await startMailServer({
    onData: (stream, _session, done) => {
      void text(stream).then(
        (raw) => {
          keep('noc email', parseText(raw.replaceAll('=\r\n', '').replaceAll('\r\n', '\n')));
          if (!parts.at('got')) done();
          parts.at('answered');
        },
        () => {},
      );
    },
  });
  closing.push(mail.close);
  const hook = (contact: string) => listen(`${contact} webhook`, verified, (seen) => parseJson(seen, 'webhook'));
  const channels = {
    kim: [
      { type: 'webhook', url: await hook('kim'), secret: SECRET },
      pagerduty.settings(await listen('kim pagerduty', pagerduty.service, (seen) => parseJson(seen, 'pagerduty'))),
      ntfy.settings(await listen('kim ntfy', ntfy.service, (seen) => parseText(textOf(seen, ['title', 'message'])))),
    ],
    noc: [
      { type: 'webhook', url: await hook('noc'), secret: SECRET },
      alertmanager.settings(
        await listen('noc alertmanager', alertmanager.service, (s) => parseJson(s, 'alertmanager')),
      ),
      slack.settings(await listen('noc slack', slack.service, (seen) => parseText(slackText(seen)))),
      { type: 'email', to: 'noc@example.org' },
    ],
  };
  return {
    receipts,
    refused,
    contacts: JSON.stringify({ kim: { channels: channels.kim }, noc: { channels: channels.noc } }),
    mailPort: mail.port,
    close: async () => void (await Promise.all(closing.map((close) => close()))),
  };
}

const verified = ({ headers, body }: Seen): Answer => {
  try {
    new Webhook(SECRET).verify(body, headers as Record<string, string>);
    return { status: 204 };
  } catch (error) {
    return { status: 400, body: String(error) };
  }
};

function textOf({ body }: Seen, keys: readonly string[]): string {
  const all = JSON.parse(body) as Record<string, string>;
  return keys.map((key) => all[key]).join('\n');
}

function slackText({ body }: Seen): string {
  const { blocks } = JSON.parse(body) as { blocks: { text: { text: string } }[] };
  return blocks.map(({ text: { text } }) => text).join('\n');
}
