import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
}

/** Looks at a request as strictly as the real service documents, and answers as that does. */
export type Service = (seen: Seen) => Answer;

/** A service on 127.0.0.1. What is in `next` comes first: an answer, or none (`hang`), or a connection that is reset. */
export async function startStandIn(service: Service) {
  const seen: Seen[] = [];
  const answers: Answer[] = [];
  const next: (Answer | 'hang' | 'reset')[] = [];
  const server = createServer((req, res) => {
    void text(req).then((body) => {
      const request = { method: req.method ?? '', path: req.url ?? '', headers: req.headers, body };
      seen.push(request);
      const answer = next.shift() ?? service(request);
      if (answer === 'hang') return;
      if (answer === 'reset') return void req.socket.resetAndDestroy();
      answers.push(answer);
      res.writeHead(answer.status, answer.headers);
      res.end(typeof answer.body === 'object' ? JSON.stringify(answer.body) : answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, seen, answers, next, close };
}

export type StandIn = Awaited<ReturnType<typeof startStandIn>>;

/** The body as JSON by `schema`; what is wrong with it otherwise. */
export function read<S extends z.ZodType>(schema: S, seen: Seen): { value: z.output<S> } | { wrong: string } {
  if (!seen.headers['content-type']?.startsWith('application/json')) return { wrong: 'not application/json' };
  try {
    const result = schema.safeParse(JSON.parse(seen.body));
    if (result.success) return { value: result.data };
    return { wrong: result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') };
  } catch {
    return { wrong: 'not JSON' };
  }
}
