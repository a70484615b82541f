import { BellwetherError } from '../../core/errors.ts';
import type { BulkReply, BulkRequest, SnmpFault, SnmpSessionOptions, VarBind } from './snmp-session.ts';

/** What the sessions of all versions make of answers, and of none. */

/** As many values as were asked for. @throws BellwetherError BW_SNMP_MALFORMED */
export function asMany(oids: readonly string[], varbinds: readonly VarBind[]): readonly VarBind[] {
  if (varbinds.length === oids.length) return varbinds;
  const text = `asked for ${oids.length} objects, the answer has ${varbinds.length}`;
  throw new BellwetherError('BW_SNMP_MALFORMED', text, { retryable: true });
}

/** The variable bindings of an answer to a GetBulk, by what was asked (RFC 3416 section 4.2.3). */
export function bulkReply(
  { nonRepeaters, repeaters }: BulkRequest,
  varbinds: readonly VarBind[],
  receivedAt: number,
): BulkReply {
  const fixed = nonRepeaters.length;
  const columns: VarBind[][] = repeaters.map(() => []);
  for (let i = fixed; i < varbinds.length && columns.length > 0; i++)
    columns[(i - fixed) % columns.length]!.push(varbinds[i]!);
  return { nonRepeaters: varbinds.slice(0, fixed), columns, receivedAt };
}

export function stopped(): BellwetherError {
  return new BellwetherError('BW_SNMP_BUDGET', 'the time budget of this poll is spent');
}

export function silent(timeoutMs: number): BellwetherError {
  return new BellwetherError('BW_SNMP_TIMEOUT', `no answer within ${timeoutMs} ms`, { retryable: true });
}

/** The device was not reached (no route, for example): to its state that is silence. */
export function unsent(error: Error): BellwetherError {
  return new BellwetherError('BW_SNMP_TIMEOUT', error.message, { cause: error, retryable: true });
}

/** Datagrams that were not used during a call. They do not end the wait, which anybody could then do; but they say why it was in vain. */
export class UnusedDatagrams {
  readonly #options: Pick<SnmpSessionOptions, 'address' | 'credentials' | 'onFault'>;
  #seen: Partial<Record<SnmpFault, string>> = {};

  constructor(options: Pick<SnmpSessionOptions, 'address' | 'credentials' | 'onFault'>) {
    this.#options = options;
  }

  /** A call begins: what was wrong before is forgotten. */
  begin(): void {
    this.#seen = {};
  }

  note(fault: SnmpFault, detail: string): void {
    this.#seen[fault] ??= detail;
    this.#options.onFault(fault, detail);
  }

  /** What is to be said instead of that nothing came; undefined where nothing did. */
  error(): BellwetherError | undefined {
    const { malformed, wrong_source: elsewhere } = this.#seen;
    const { address, credentials } = this.#options;
    if (malformed !== undefined)
      return new BellwetherError('BW_SNMP_MALFORMED', `the answer could not be read: ${malformed}`, {
        retryable: true,
      });
    if (elsewhere === undefined) return undefined;
    const asked = `reply from another address: asked ${address.address} port ${credentials.port}`;
    return new BellwetherError('BW_SNMP_SOURCE', `${asked}, the answer came from ${elsewhere}`, { retryable: true });
  }
}
