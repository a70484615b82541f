import type { Clock } from '../../../core/clock.ts';
import { type BellwetherError, errorMessage } from '../../../core/errors.ts';
import type { SnmpCredentials } from '../../config.ts';
import { asMany, bulkReply, silent, stopped, UnusedDatagrams, unsent } from '../answers.ts';
import { TAG } from '../ber.ts';
import type {
  BulkReply,
  BulkRequest,
  BurstOptions,
  BurstOutcome,
  BurstSession,
  OpenSnmpSession,
  SnmpReply,
  SnmpSessionOptions,
  VarBind,
} from '../snmp-session.ts';
import { createUsmTools, UsmSession } from '../usm/session.ts';
import { Burst, notSent, openCommunityAnswer } from './burst.ts';
import type { Endpoint, Verdict, Waiter } from './endpoint.ts';
import {
  decodeResponse,
  encodeRequest,
  type RequestShape,
  type RequestTemplate,
  type Response,
  statusError,
} from './message.ts';
import { UdpSockets } from './udp.ts';

type CommunityCredentials = Extract<SnmpCredentials, { version: '1' | '2c' }>;

/** Requests made ready once for every device that is asked the same with the same community. */
class Templates {
  readonly #known = new WeakMap<readonly BulkRequest[], Map<string, readonly RequestTemplate[]>>();

  get(requests: readonly BulkRequest[], credentials: CommunityCredentials): readonly RequestTemplate[] {
    const byCommunity = this.#known.get(requests) ?? new Map<string, readonly RequestTemplate[]>();
    this.#known.set(requests, byCommunity);
    const made = byCommunity.get(credentials.community) ?? requests.map((r) => bulkTemplate(r, credentials));
    byCommunity.set(credentials.community, made);
    return made;
  }
}

function bulkTemplate(request: BulkRequest, { community }: CommunityCredentials): RequestTemplate {
  return encodeRequest({
    version: '2c',
    community: Buffer.from(community),
    pdu: TAG.GetBulkRequest,
    first: request.nonRepeaters.length,
    second: request.maxRepetitions,
    oids: [...request.nonRepeaters, ...request.repeaters],
  });
}

/** Every version of SNMP, for many devices over few sockets. One per process, or per clock. */
export function createFastDriver(clock: Clock): OpenSnmpSession {
  const sockets = new UdpSockets(clock);
  const templates = new Templates();
  const tools = createUsmTools();
  return (options) =>
    options.credentials.version === '3'
      ? new UsmSession(sockets, options, options.credentials, tools)
      : new FastSession(sockets, templates, options, options.credentials);
}

interface Wait {
  /** Of a single request. */
  id: number;
  readonly fail: (error: BellwetherError) => void;
}

/** One device of version 1 or 2c on the shared sockets. */
export class FastSession implements BurstSession {
  readonly #sockets: UdpSockets;
  readonly #templates: Templates;
  readonly #credentials: CommunityCredentials;
  readonly #community: Buffer;
  readonly #endpoint: Endpoint;
  readonly #burst: Burst;
  readonly #burstWait: Wait = { id: 0, fail: () => this.#burst.stop() };
  /** Requests of the burst that goes on. */
  #asked: readonly RequestTemplate[] = [];
  #closed = false;
  #wait: Wait | undefined;
  readonly #unused: UnusedDatagrams;

  constructor(
    sockets: UdpSockets,
    templates: Templates,
    options: SnmpSessionOptions,
    credentials: CommunityCredentials,
  ) {
    this.#sockets = sockets;
    this.#templates = templates;
    this.#unused = new UnusedDatagrams(options);
    this.#credentials = credentials;
    this.#community = Buffer.from(credentials.community);
    this.#endpoint = {
      address: options.address,
      port: credentials.port,
      onFault: (fault, detail) => this.#unused.note(fault, detail),
    };
    sockets.add(this.#endpoint);
    this.#burst = new Burst({
      send: (index, waiter) => sockets.send(this.#endpoint, this.#asked[index]!, credentials.timeout, waiter),
      open: (datagram, _index, _id, _receivedAt, head) => openCommunityAnswer(datagram, this.#community, head),
      forget: (id) => sockets.forget(id),
      silence: () => this.#silence(),
      stopped: () => this.#unused.error() ?? stopped(),
    });
  }

  async get(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const reply = await this.#call({ pdu: TAG.GetRequest, first: 0, second: 0, oids }, signal);
    return { varbinds: asMany(oids, reply.varbinds), receivedAt: reply.receivedAt };
  }

  async getNext(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const reply = await this.#call({ pdu: TAG.GetNextRequest, first: 0, second: 0, oids }, signal);
    return { varbinds: asMany(oids, reply.varbinds), receivedAt: reply.receivedAt };
  }

  async getBulk(request: BulkRequest, signal: AbortSignal): Promise<BulkReply> {
    const fixed = request.nonRepeaters.length;
    const oids = [...request.nonRepeaters, ...request.repeaters];
    const shape = { pdu: TAG.GetBulkRequest, first: fixed, second: request.maxRepetitions, oids } as const;
    const { varbinds, receivedAt } = await this.#call(shape, signal);
    return bulkReply(request, varbinds, receivedAt);
  }

  async burst(requests: readonly BulkRequest[], options: BurstOptions): Promise<BurstOutcome> {
    if (this.#credentials.version === '1') throw new Error('SNMPv1 has no GetBulk');
    if (this.#wait) throw new Error('one request at a time on an SNMP session');
    this.#unused.begin();
    this.#asked = this.#templates.get(requests, this.#credentials);
    if (this.#closed) return notSent(stopped());
    this.#wait = this.#burstWait;
    try {
      return await this.#burst.run(this.#asked.length, options);
    } finally {
      this.#wait = undefined;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sockets.remove(this.#endpoint);
    this.#wait?.fail(stopped());
  }

  #call(
    shape: Omit<RequestShape, 'version' | 'community'>,
    signal: AbortSignal,
  ): Promise<{ varbinds: readonly VarBind[]; receivedAt: number }> {
    if (this.#wait) return Promise.reject(new Error('one request at a time on an SNMP session'));
    if (signal.aborted || this.#closed) return Promise.reject(stopped());
    const request = encodeRequest({ ...shape, version: this.#credentials.version, community: this.#community });
    this.#unused.begin();
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        if (this.#wait !== wait) return false;
        this.#wait = undefined;
        this.#sockets.forget(wait.id);
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: BellwetherError): void => {
        if (settle()) reject(error);
      };
      const onAbort = (): void => fail(this.#unused.error() ?? stopped());
      const waiter: Waiter = {
        answer: (datagram, receivedAt) =>
          this.#read(datagram, (response) => {
            if (!settle()) return;
            if (response.errorStatus > 0) reject(statusError(response));
            else resolve({ varbinds: response.varbinds, receivedAt });
          }),
        expire: () => fail(this.#silence()),
        refuse: (error) => fail(unsent(error)),
      };
      const wait: Wait = { id: 0, fail };
      this.#wait = wait;
      wait.id = this.#sockets.send(this.#endpoint, request, this.#credentials.timeout, waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #read(datagram: Uint8Array, use: (response: Response) => void): Verdict {
    let response: Response;
    try {
      response = decodeResponse(datagram);
    } catch (error) {
      return { fault: 'malformed', detail: errorMessage(error) };
    }
    if (response.version !== (this.#credentials.version === '1' ? 0 : 1))
      return { fault: 'malformed', detail: 'an answer in another version' };
    if (!this.#community.equals(response.community))
      return { fault: 'malformed', detail: 'an answer with another community' };
    use(response);
    return 'taken';
  }

  #silence(): BellwetherError {
    return this.#unused.error() ?? silent(this.#credentials.timeout);
  }
}
