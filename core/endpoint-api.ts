/** Types only. What the API tells of the ways to reach people. Times are ms since the epoch by the collector's clock. */

/** `dead`: it failed for so long that the ladder does not wait for it; `disabled`: the receiver said that it is gone for good (410). */
export type EndpointHealth = 'ok' | 'failing' | 'dead' | 'disabled';

/** GET /api/schools/:school/endpoints */
export interface EndpointList {
  readonly school: string;
  /** Contacts in the order of the school's file. */
  readonly endpoints: readonly EndpointView[];
}

/** Holds no address and no secret. */
export interface EndpointView {
  readonly contact: string;
  /** For people: the contact's name. */
  readonly name: string;
  /** The name of this channel among the contact's. */
  readonly channel: string;
  readonly type: string;
  /** The server that takes the messages; null where the collector cannot tell one without telling more. */
  readonly host: string | null;
  readonly state: EndpointHealth;
  readonly lastSuccess: number | null;
  readonly lastFailure: number | null;
  /** Why the last attempt failed; null when it did not. */
  readonly error: string | null;
  /** In a row. */
  readonly failures: number;
  readonly failingSince: number | null;
  readonly disabledAt: number | null;
  /** Messages that are due, or were tried and wait for the next time. */
  readonly waiting: number;
}

/** POST /api/schools/:school/endpoints/:contact/:channel/test {by} */
export interface EndpointTest {
  /** Stands in the message. */
  readonly reference: string;
  /** `waiting`: no answer yet. */
  readonly result: 'sent' | 'failed' | 'waiting';
  readonly error: string | null;
}
