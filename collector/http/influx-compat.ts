import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { api } from './api-route.ts';
import { type Query, single } from './credentials.ts';
import { ACCEPT_ENCODING } from './inflate.ts';
import { errorReply, WriteError } from './write-error.ts';
import { authenticateWriter, type WriterAuthDeps } from './writer-auth.ts';

/** 1.8 is the InfluxDB release that takes both kinds of write; clients look at the number to choose. */
const INFLUX_VERSION = '1.8.10-bellwether';
const QUERY_BODY_LIMIT = 16 * 1024;
const PING = api({ access: 'anyone', summary: 'As InfluxDB 1.x', replies: { 204: null } });
const QUERY = api({
  access: 'agent',
  summary: 'CREATE DATABASE of InfluxDB 1.x, which changes nothing',
  replies: { 200: z.looseObject({}) },
});

/** What InfluxDB clients call besides writing: `/ping`, and `CREATE DATABASE`, which 1.x writers send at start. */
export function registerInfluxCompat(app: FastifyInstance, deps: WriterAuthDeps): void {
  app.get('/ping', { helmet: false, ...PING }, (_request, reply) =>
    reply
      .code(204)
      .headers({
        'x-influxdb-version': INFLUX_VERSION,
        'x-influxdb-build': 'OSS',
        // Lets a sender choose before its first batch.
        'accept-encoding': ACCEPT_ENCODING,
      })
      .send(),
  );
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: QUERY_BODY_LIMIT }, (_request, body, done) =>
      done(null, body),
    );
    scope.route({
      method: ['GET', 'POST'],
      url: '/query',
      helmet: false,
      ...QUERY,
      handler: (request, reply) => answerQuery(request, reply, deps),
    });
  });
}

async function answerQuery(request: FastifyRequest, reply: FastifyReply, deps: WriterAuthDeps): Promise<FastifyReply> {
  try {
    await authenticateWriter(request, deps);
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const statement = single(request.query as Query, 'q') ?? form.get('q') ?? '';
    if (!/^\s*create\s+database\s/i.test(statement))
      throw new WriteError('invalid', 'queries are not offered here: read from the metrics store itself');
    return reply.send({ results: [{ statement_id: 0 }] });
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    const { status, headers, body } = errorReply('v1', error);
    return reply.code(status).headers(headers).send(body);
  }
}
