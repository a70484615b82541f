/** Types only (the browser is not served this file). What the API tells of who is on call and of the tests of the safety net. Times are ms since the epoch. */

/** GET /api/schools/:school/on-call */
export interface OnCallList {
  readonly school: string;
  readonly tz: string;
  /** Every party, in the order of the file. */
  readonly parties: readonly OnCallView[];
}

export interface OnCallView {
  readonly party: string;
  readonly name: string;
  /** Whether its people take turns; false: the first who is not absent is on duty. */
  readonly turns: boolean;
  /** Somebody of it can be reached now, as agreed. */
  readonly covered: boolean;
  /** Whom an alert reaches; null: everybody is absent. */
  readonly now: PersonView | null;
  /** Whose shift it is, where that is somebody else, who is absent. */
  readonly standsInFor: PersonView | null;
  /** What names the shift: `override`, `calendar`, `rotation`, or `first` where nothing does. */
  readonly by: string;
  /** Null: not within 400 days. */
  readonly next: (PersonView & { readonly at: number }) | null;
  /** What is wrong with the shifts within `look_ahead`, the first of each kind. */
  readonly problems: readonly ShiftProblemView[];
}

export interface PersonView {
  readonly contact: string;
  readonly name: string;
}

export interface ShiftProblemView {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  /** In plain words. */
  readonly text: string;
}

/** GET /api/schools/:school/safety-net; POST .../safety-net/test {by} tests now: 202, or 409 when one began in the last ten minutes. */
export interface SafetyNetReport {
  readonly school: string;
  readonly tz: string;
  readonly contacts: readonly (PersonView & { readonly channels: readonly string[] })[];
  /** When the next weekly test is due; null: not within 120 days. */
  readonly next: number | null;
  /** The last ten, the newest first. */
  readonly tests: readonly SafetyNetTestView[];
}

export interface SafetyNetTestView {
  readonly round: string;
  readonly beganAt: number;
  readonly actor: string;
  readonly results: readonly SafetyNetResultView[];
}

export interface SafetyNetResultView extends PersonView {
  /** Empty: the contact has none. */
  readonly channel: string;
  /** `waiting`, `failing` (tried further), `delivered`, `failed`, `skipped` (the channel carries alerts only), `no_channel`. */
  readonly result: string;
  readonly reason: string | null;
  readonly changedAt: number;
}
