import type { Clock } from '../../../core/clock.ts';
import { BellwetherError, errorMessage } from '../../../core/errors.ts';
import type { SnmpCredentials } from '../../config.ts';
import { TAG } from '../ber.ts';
import type { OpenSnmpSession, SnmpSessionOptions } from '../snmp.ts';
import type {
  BulkReply,
  BulkRequest,
  BurstOptions,
  BurstOutcome,
  BurstSession,
  SnmpFault,
  SnmpReply,
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
  readonly id: number | undefined;
  readonly fail: (error: BellwetherError) => void;
}

/** One device of version 1 or 2c on the shared sockets. */
export class FastSession implements BurstSession {
  readonly #sockets: UdpSockets;
  readonly #templates: Templates;
  readonly #options: SnmpSessionOptions;
  readonly #credentials: CommunityCredentials;
  readonly #community: Buffer;
  readonly #endpoint: Endpoint;
  readonly #burst: Burst;
  readonly #burstWait: Wait = { id: undefined, fail: () => this.#burst.stop() };
  /** Requests of the burst that goes on. */
  #asked: readonly RequestTemplate[] = [];
  #closed = false;
  #wait: Wait | undefined;
  /** Faults seen while the current request waits; they name the cause when no good answer comes. */
  #seen: Partial<Record<SnmpFault, string>> = {};

  constructor(
    sockets: UdpSockets,
    templates: Templates,
    options: SnmpSessionOptions,
    credentials: CommunityCredentials,
  ) {
    this.#sockets = sockets;
    this.#templates = templates;
    this.#options = options;
    this.#credentials = credentials;
    this.#community = Buffer.from(credentials.community);
    this.#endpoint = {
      address: options.address,
      port: credentials.port,
      onFault: (fault, detail) => {
        this.#seen[fault] ??= detail;
        options.onFault(fault, detail);
      },
    };
    sockets.add(this.#endpoint);
    this.#burst = new Burst({
      send: (index, waiter) => sockets.send(this.#endpoint, this.#asked[index]!, credentials.timeout, waiter),
      open: (datagram, _index, _id, _receivedAt, head) => openCommunityAnswer(datagram, this.#community, head),
      forget: (id) => sockets.forget(id),
      silence: () => this.#silence(),
      stopped: () => this.#badAnswer() ?? stopped(),
    });
  }

  async get(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const reply = await this.#call({ pdu: TAG.GetRequest, first: 0, second: 0, oids }, signal);
    return { varbinds: this.#asMany(oids, reply.varbinds), receivedAt: reply.receivedAt };
  }

  async getNext(oids: readonly string[], signal: AbortSignal): Promise<SnmpReply> {
    const reply = await this.#call({ pdu: TAG.GetNextRequest, first: 0, second: 0, oids }, signal);
    return { varbinds: this.#asMany(oids, reply.varbinds), receivedAt: reply.receivedAt };
  }

  async getBulk(request: BulkRequest, signal: AbortSignal): Promise<BulkReply> {
    const fixed = request.nonRepeaters.length;
    const oids = [...request.nonRepeaters, ...request.repeaters];
    const shape = { pdu: TAG.GetBulkRequest, first: fixed, second: request.maxRepetitions, oids } as const;
    const { varbinds, receivedAt } = await this.#call(shape, signal);
    const columns: VarBind[][] = request.repeaters.map(() => []);
    for (let i = fixed; i < varbinds.length && columns.length > 0; i++)
      columns[(i - fixed) % columns.length]!.push(varbinds[i]!);
    return { nonRepeaters: varbinds.slice(0, fixed), columns, receivedAt };
  }

  async burst(requests: readonly BulkRequest[], options: BurstOptions): Promise<BurstOutcome> {
    if (this.#credentials.version === '1') throw new Error('SNMPv1 has no GetBulk');
    if (this.#wait) throw new Error('one request at a time on an SNMP session');
    this.#seen = {};
    this.#asked = this.#templates.get(requests, this.#credentials);
    if (this.#closed) return notSent(stopped());
    this.#wait = this.#burstWait;
    const outcome = await this.#burst.run(this.#asked.length, options);
    this.#wait = undefined;
    return outcome;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sockets.remove(this.#endpoint);
    this.#wait?.fail(stopped());
  }

  #asMany(oids: readonly string[], varbinds: readonly VarBind[]): readonly VarBind[] {
    if (varbinds.length === oids.length) return varbinds;
    const text = `asked for ${oids.length} objects, the answer has ${varbinds.length}`;
    throw new BellwetherError('BW_SNMP_MALFORMED', text, { retryable: true });
  }

  #call(
    shape: Omit<RequestShape, 'version' | 'community'>,
    signal: AbortSignal,
  ): Promise<{ varbinds: readonly VarBind[]; receivedAt: number }> {
    if (this.#wait) return Promise.reject(new Error('one request at a time on an SNMP session'));
    if (signal.aborted || this.#closed) return Promise.reject(stopped());
    const request = encodeRequest({ ...shape, version: this.#credentials.version, community: this.#community });
    this.#seen = {};
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        if (this.#wait !== wait) return false;
        this.#wait = undefined;
        this.#sockets.forget(wait.id!);
        signal.removeEventListener('abort', onAbort);
        return true;
      };
      const fail = (error: BellwetherError): void => {
        if (settle()) reject(error);
      };
      const onAbort = (): void => fail(this.#badAnswer() ?? stopped());
      const waiter: Waiter = {
        answer: (datagram, receivedAt) =>
          this.#read(datagram, (response) => {
            if (!settle()) return;
            if (response.errorStatus > 0) reject(statusError(response));
            else resolve({ varbinds: response.varbinds, receivedAt });
          }),
        expire: () => fail(this.#silence()),
        // To the device's state that is silence (no route, for example).
        refuse: (error) =>
          fail(new BellwetherError('BW_SNMP_TIMEOUT', error.message, { cause: error, retryable: true })),
      };
      const wait: Wait = {
        id: this.#sockets.send(this.#endpoint, request, this.#credentials.timeout, waiter),
        fail,
      };
      this.#wait = wait;
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
    const text = `no answer within ${this.#credentials.timeout} ms`;
    return this.#badAnswer() ?? new BellwetherError('BW_SNMP_TIMEOUT', text, { retryable: true });
  }

  /** Datagrams that were not used do not end the wait, which anybody could then do; but they say why it was in vain. */
  #badAnswer(): BellwetherError | undefined {
    const { malformed, wrong_source: elsewhere } = this.#seen;
    const { address } = this.#options.address;
    if (malformed !== undefined)
      return new BellwetherError('BW_SNMP_MALFORMED', `the answer could not be read: ${malformed}`, {
        retryable: true,
      });
    if (elsewhere === undefined) return undefined;
    return new BellwetherError(
      'BW_SNMP_SOURCE',
      `reply from another address: asked ${address} port ${this.#credentials.port}, the answer came from ${elsewhere}`,
      { retryable: true },
    );
  }
}

function stopped(): BellwetherError {
  return new BellwetherError('BW_SNMP_BUDGET', 'the time budget of this poll is spent');
}
