import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BellwetherError, errorMessage } from '../../core/errors.ts';
import type { LineError } from '../../core/line-protocol.ts';
import type { Sample } from '../../core/sample.ts';
import type { SelfMetrics } from '../../runtime/self-metrics.ts';
import type { PeerAnswer } from '../outbound/peer.ts';
import type { WriteResult } from '../storage/storage.ts';
import { api } from './api-route.ts';
import { BatchDecoder, type DecodedBatch } from './batch.ts';
import { readBody } from './body.ts';
import { type Query, single } from './credentials.ts';
import { replyDeadline, untilAborted } from './deadline.ts';
import { type Cluster, forwardWrite } from './forward.ts';
import { InFlight, type Slot } from './in-flight.ts';
import { ACCEPT_ENCODING, inflate } from './inflate.ts';
import { type IngestMetrics, ingestMetrics } from './ingest-metrics.ts';
import { readPrecision, type TimeUnit } from './precision.ts';
import { askForProbes, type ProbeSource } from './probe-header.ts';
import type { ServerSettings } from './settings.ts';
import type { StoreOutage } from './store-outage.ts';
import { errorReply, partialWrite, type WriteApi, WriteError } from './write-error.ts';
import { authenticateWriter, type WriterAuthDeps } from './writer-auth.ts';

/** Samples of one request, stamped with the tenant of its token. */
export interface Batch {
  readonly school: string;
  readonly site: string;
  readonly samples: readonly Sample[];
  /** Collector clock, ms. */
  readonly receivedAt: number;
}

/**
 * Takes a batch: resolves once it is safe. `rejected` counts as dropped lines.
 * Whatever it throws makes the sender keep the batch and retry (503).
 */
export type Ingest = (batch: Batch, signal: AbortSignal) => Promise<WriteResult>;

export interface IngestDeps extends WriterAuthDeps {
  readonly ingest: Ingest;
  readonly metrics: SelfMetrics;
  readonly settings: ServerSettings;
  /** Hears of each batch that the store took or refused. */
  readonly outage: StoreOutage;
  /** Which devices an agent is asked to ping now, by the answer to its write. */
  readonly probes?: ProbeSource | undefined;
  /** Undefined: this collector answers for every school. */
  readonly cluster?: Cluster | undefined;
}

const WRITE = api({ access: 'agent', summary: 'A batch of line protocol (InfluxDB)', replies: { 204: null } });

/** `POST /api/v2/write` and `POST /write`, as InfluxDB clients know them. */
export function registerIngest(app: FastifyInstance, deps: IngestDeps): void {
  const writer = new Writer(deps);
  app.addHook('preClose', async () => writer.stopReading());
  app.register(async (scope) => {
    // The body is read off the wire by the handler, once the sender is known, whatever it says it is.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.post('/api/v2/write', { helmet: false, ...WRITE }, (request, reply) => writer.handle('v2', request, reply));
    scope.post('/write', { helmet: false, ...WRITE }, (request, reply) => writer.handle('v1', request, reply));
  });
}

class Writer {
  readonly #deps: IngestDeps;
  readonly #inFlight: InFlight;
  readonly #metrics: IngestMetrics;
  readonly #decoder = new BatchDecoder();
  /** Requests whose body is still coming. */
  readonly #reading = new Set<IncomingMessage>();

  constructor(deps: IngestDeps) {
    this.#deps = deps;
    const { inFlightBatches, inFlightBytes } = deps.settings;
    this.#inFlight = new InFlight({ batches: inFlightBatches, bytes: inFlightBytes });
    this.#metrics = ingestMetrics(deps.metrics, this.#inFlight, this.#decoder.cache);
  }

  /** Senders that are in the middle of a body lose the connection, and retry; whole batches are still stored. */
  stopReading(): void {
    for (const request of this.#reading) request.destroy();
  }

  async handle(api: WriteApi, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { clock, settings } = this.#deps;
    const started = clock.monotonic();
    const deadline = replyDeadline(reply.raw, clock, settings.writeTimeoutMs, (why) =>
      why === 'late'
        ? new WriteError('unavailable', `not stored within ${settings.writeTimeoutMs} ms, try later`)
        : new WriteError('gone', 'the client went away before the reply'),
    );
    reply.header('accept-encoding', ACCEPT_ENCODING);
    try {
      const dropped = await untilAborted(this.#write(api, request, reply, deadline.signal), deadline.signal);
      if ('status' in dropped) {
        this.#metrics.batches.inc({ result: 'passed_on' });
        return reply.code(dropped.status).headers(dropped.headers).send(dropped.body);
      }
      if (dropped.length > 0) throw partialWrite(dropped);
      this.#metrics.batches.inc({ result: 'stored' });
      return reply.code(204).send();
    } catch (error) {
      const fault = this.#asWriteError(error);
      this.#metrics.batches.inc({ result: fault.kind });
      const { status, headers, body } = errorReply(api, fault);
      return reply.code(status).headers(headers).send(body);
    } finally {
      deadline.clear();
      this.#metrics.seconds.observe((clock.monotonic() - started) / 1000);
    }
  }

  /** Returns the lines that were dropped (the others are safe), or what the collector answered that the batch is for. */
  async #write(
    api: WriteApi,
    request: FastifyRequest,
    reply: FastifyReply,
    signal: AbortSignal,
  ): Promise<LineError[] | PeerAnswer> {
    const tenant = await authenticateWriter(request, this.#deps);
    const unit = requestedUnit(api, request.query as Query);
    const slot = this.#inFlight.enter(tenant.tokenId);
    try {
      const { cluster } = this.#deps;
      if (cluster && !cluster.holds(tenant.school))
        return await forwardWrite(cluster, tenant.school, request, await this.#wire(request, slot, signal), signal);
      const body = await this.#body(request, slot, signal);
      const now = this.#deps.clock.now();
      const batch = this.#decoder.decode(body, { school: tenant.school, site: tenant.site, unit, now });
      this.#metrics.restamped.inc(batch.restamped);
      this.#metrics.lines.inc({ result: 'unreadable' }, batch.errors.length);
      if (batch.samples.length === 0) return [...batch.errors];
      signal.throwIfAborted();
      const { school, site } = tenant;
      const result = await this.#deps.ingest({ school, site, samples: batch.samples, receivedAt: now }, signal);
      this.#deps.outage.stored();
      askForProbes(request, reply, tenant, this.#deps);
      this.#metrics.lines.inc({ result: 'rejected' }, result.rejected.length);
      this.#metrics.lines.inc({ result: 'stored' }, batch.samples.length - result.rejected.length);
      return [...batch.errors, ...rejectedLines(batch, result)];
    } finally {
      slot.leave();
    }
  }

  async #wire(request: FastifyRequest, slot: Slot, signal: AbortSignal): Promise<Buffer> {
    this.#reading.add(request.raw);
    let wire: Buffer;
    try {
      wire = await readBody(request.raw, { limit: this.#deps.settings.bodyLimit, reserve: slot.reserve, signal });
    } finally {
      this.#reading.delete(request.raw);
    }
    this.#metrics.bytes.inc({ form: 'wire' }, wire.length);
    return wire;
  }

  async #body(request: FastifyRequest, slot: Slot, signal: AbortSignal): Promise<Buffer> {
    const { inflatedLimit } = this.#deps.settings;
    const wire = await this.#wire(request, slot, signal);
    const plain = await inflate(wire, request.headers['content-encoding'], {
      limit: inflatedLimit,
      reserve: slot.reserve,
    });
    this.#metrics.bytes.inc({ form: 'plain' }, plain.length);
    return plain;
  }

  #asWriteError(error: unknown): WriteError {
    if (error instanceof WriteError) return error;
    if (error instanceof BellwetherError && error.code === 'BW_LEASE')
      return new WriteError('unavailable', 'another collector answers for this school now, try again', error);
    // A store that is down or full is for the operator; anything else is a fault of this program. Either way the batch is not the sender's fault.
    if (error instanceof BellwetherError && error.retryable) this.#deps.outage.refused(errorMessage(error));
    else this.#deps.log.error({ err: error }, 'a batch could not be stored; its sender will retry');
    return new WriteError('unavailable', 'the batch could not be stored now, try later', error);
  }
}

function requestedUnit(api: WriteApi, query: Query): TimeUnit {
  const unit = Array.isArray(query['precision']) ? undefined : readPrecision(api, single(query, 'precision'));
  if (unit) return unit;
  throw new WriteError('invalid', `precision must be one of ns, us, ms, s${api === 'v1' ? ', m, h' : ''}`);
}

function rejectedLines(batch: DecodedBatch, result: WriteResult): LineError[] {
  return result.rejected.map(({ index, reason }) => ({ line: batch.lines[index] ?? 0, message: reason }));
}
