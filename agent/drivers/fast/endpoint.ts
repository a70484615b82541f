import type { HostAddress } from '../resolve.ts';
import type { SnmpFault } from '../snmp-session.ts';
import type { AnswerHead } from './head.ts';
import type { Lane } from './lane.ts';

/** What an answer may be to the one who waits for it: taken, or of no use, with the reason. */
export type Verdict = 'taken' | { readonly fault: SnmpFault; readonly detail: string };

/** One request that has been sent. */
export interface Waiter {
  /**
   * Looks at a datagram from the right address and port with the right id. After 'taken' nothing more comes.
   *
   * @param head what stands before the bindings in version 1 and 2c, where it is written the usual way; good until the call returns
   */
  answer(datagram: Uint8Array, receivedAt: number, head: AnswerHead | undefined): Verdict;
  /** No usable answer came in time. */
  expire(): void;
  /** The system refused to send. Without this, the request simply times out. */
  refuse?(error: Error): void;
}

/** One device as seen from the sockets. */
export interface Endpoint {
  readonly address: HostAddress;
  readonly port: number;
  /** Told of every datagram from the device's address, or with the id of one of its requests, that was not used. */
  readonly onFault: (fault: SnmpFault, detail: string) => void;
  /** The socket on which it is asked: the sockets' own note, found once. */
  lane?: Lane | undefined;
}
