import { systemClock } from '../../runtime/clock.ts';
import { until } from '../support/process.ts';
import type { Cluster } from './cluster.ts';
import type { StrictReceiver } from './strict-receiver.ts';

/** However long both collectors and the database are away in a row, and the messages' retries after that. */
const PATIENCE_MS = 60_000;

/** A door that is opened and shut, by an agent that delivers to either collector and keeps what was not taken. */
export class Door {
  readonly school: string;
  readonly name: string;
  readonly #cluster: Cluster;
  readonly #receiver: StrictReceiver;
  #turn: number;
  #time = 0;
  /** Alert ids, one for each time it was opened and shut again. */
  readonly alerts: string[] = [];

  constructor(school: string, name: string, parts: { cluster: Cluster; receiver: StrictReceiver; turn: number }) {
    this.school = school;
    this.name = name;
    this.#cluster = parts.cluster;
    this.#receiver = parts.receiver;
    this.#turn = parts.turn;
  }

  /** Opens and shuts it again and again, each time waiting until somebody was told, until `done`. */
  async use(done: () => boolean): Promise<void> {
    while (!done()) {
      await this.#set(1);
      const alert = await this.#told('alert.open');
      await this.#set(0);
      await this.#told('alert.resolved', alert);
      this.alerts.push(alert);
    }
  }

  async #set(open: 0 | 1): Promise<void> {
    // A sample must be newer than the last of its series.
    this.#time = Math.max(systemClock.now(), this.#time + 1);
    const line = `door,door=${this.name} open=${open} ${this.#time}`;
    await until(`${this.school} ${this.name} to be delivered`, PATIENCE_MS, () => this.#deliver(line));
  }

  async #deliver(line: string): Promise<boolean> {
    const { members, tokens } = this.#cluster;
    const member = members[this.#turn++ % members.length]!;
    try {
      const reply = await fetch(`${member.url}/api/v2/write?precision=ms`, {
        method: 'POST',
        headers: { authorization: `Token ${tokens.get(this.school)}` },
        body: line,
        signal: AbortSignal.timeout(5_000),
      });
      const text = await reply.text();
      if (reply.status !== 204 && reply.status !== 503) throw new Error(`${reply.status} ${text}`);
      if (reply.status === 503) await systemClock.sleep(100);
      return reply.status === 204;
    } catch (error) {
      // Nobody there, or stopped in the middle; anything else is an answer that no sender should get.
      if (error instanceof TypeError || (error as Error).name === 'TimeoutError') return false;
      throw error;
    }
  }

  #told(type: string, alert?: string): Promise<string> {
    const known = new Set(this.alerts);
    return until(`${type} of ${this.school} ${this.name} ${alert ?? ''}`, PATIENCE_MS, () => {
      const found = this.#receiver.got.find(
        (m) =>
          m.type === type &&
          m.alert.school === this.school &&
          m.alert.labels['door'] === this.name &&
          (alert === undefined ? !known.has(m.alert.id) : m.alert.id === alert),
      );
      return found?.alert.id;
    });
  }
}
