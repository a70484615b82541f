import type { FastifyInstance } from 'fastify';
import { errorReply } from '../../collector/http/schema/schema-parts.ts';

/**
 * Holds every JSON answer of a test's server against what its route says it answers: one that is not in the API document fails the request (500), and
 * with it the test.
 */
export function holdReplies(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const replies = request.routeOptions.config.api?.replies;
    const isJson = String(reply.getHeader('content-type') ?? '').startsWith('application/json');
    if (!replies || !isJson || typeof payload !== 'string' || request.method === 'HEAD') return payload;
    const told = replies[reply.statusCode];
    const { url, config } = request.routeOptions;
    // Writers get errors as InfluxDB words them.
    if (config.api?.access === 'agent' && reply.statusCode >= 400) return payload;
    const schema = told ?? (reply.statusCode >= 400 ? errorReply : undefined);
    if (schema === undefined || typeof schema === 'string')
      throw complaint(`${request.method} ${url} does not say that it answers ${reply.statusCode} in JSON`);
    const read = schema.safeParse(JSON.parse(payload));
    if (!read.success)
      throw complaint(`${request.method} ${url} answers otherwise than it says: ${read.error.message}`);
    return payload;
  });
}

/** The server tells its log only, which tests keep silent. */
function complaint(text: string): Error {
  process.stderr.write(`${text}\n`);
  return new Error(text);
}
