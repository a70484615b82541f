import type { Clock } from '../core/clock.ts';
import type { AlertView, DeviceList, Overview } from '../core/page-api.ts';
import { type Answer, ApiError, errorMessage, getDevices, getOverview } from './api.ts';

const REFRESH_MS = 2_000;
/** The overview is shared between viewers: one that was asked for sooner than this after an action may be from before it. */
const OLD_ANSWERS_MS = 3_000;

/** Everything the page shows that comes from the collector by itself. Replaced as a whole, never changed in place. */
export interface LiveState {
  /** `asking` until the first answer says whether there is a session. */
  readonly session: 'asking' | 'out' | 'in';
  readonly overview: Overview | null;
  /** Of the chosen school; null until they are known. */
  readonly devices: DeviceList | null;
  /** Why the devices could not be read, though the collector answers. */
  readonly devicesProblem: string | null;
  /** Why the overview could not be read, though the collector answers. */
  readonly problem: string | null;
  /** Time of the last answer while the collector does not answer; null while it does. */
  readonly lostSince: number | null;
  /** Now by the collector's clock, so that ages are right on a machine whose clock is not. */
  readonly now: number;
}

const START: LiveState = {
  session: 'asking',
  overview: null,
  devices: null,
  devicesProblem: null,
  problem: null,
  lostSince: null,
  now: 0,
};

/** Keeps the page's state fresh: asks every two seconds while the page is visible, at once when something was chosen. */
export class Live {
  state: LiveState = START;
  readonly #clock: Clock;
  readonly #onChange: (state: LiveState) => void;
  readonly #stop = new AbortController();
  #pause = new AbortController();
  #school: string | null = null;
  /** As answered last. */
  #overview: Overview | null = null;
  #overviewTag = '';
  /** Alerts as actions on them were answered, until the overview has to know. */
  readonly #acted = new Map<string, { readonly alert: AlertView; readonly until: number }>();
  #devicesTag = '';
  /** Collector's clock minus the browser's. */
  #skew = 0;
  #lastAnswer: number | null = null;

  constructor(clock: Clock, onChange: (state: LiveState) => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Runs until `stop`. */
  async start(): Promise<void> {
    document.addEventListener('visibilitychange', this.#onVisibility, { signal: this.#stop.signal });
    while (!this.#stop.signal.aborted) {
      if (!document.hidden && this.state.session !== 'out') await this.#refresh();
      const pause = new AbortController();
      this.#pause = pause;
      await this.#clock.sleep(REFRESH_MS, AbortSignal.any([pause.signal, this.#stop.signal]));
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Shows the devices of another school. */
  choose(school: string | null): void {
    if (school === this.#school) return;
    this.#school = school;
    this.#devicesTag = '';
    this.#set({ devices: null, devicesProblem: null });
    this.#pause.abort();
  }

  /** Shows an alert as the answer to an action has it. */
  readonly alertChanged = (alert: AlertView): void => {
    this.#acted.set(alert.id, { alert, until: this.#clock.monotonic() + OLD_ANSWERS_MS });
    this.#set({ overview: this.#withActed() });
  };

  /** After a login: ask again. */
  loggedIn(): void {
    this.#set({ session: 'asking' });
    this.#pause.abort();
  }

  /** After a logout: forget what was shown. */
  loggedOut(): void {
    this.#overview = null;
    this.#overviewTag = '';
    this.#devicesTag = '';
    this.#acted.clear();
    this.#set({ ...START, session: 'out' });
  }

  #onVisibility = (): void => {
    if (!document.hidden) this.#pause.abort();
  };

  async #refresh(): Promise<void> {
    const school = this.#school;
    const askedAt = this.#clock.monotonic();
    try {
      const overview = await getOverview(this.#overviewTag, this.#stop.signal);
      // Logged out while the answer was on its way: it is not for whoever sits there now.
      if (this.state.session === 'out') return;
      this.#answered(overview);
      this.#overviewTag = overview.etag;
      this.#overview = overview.body ?? this.#overview;
      for (const [id, { until }] of this.#acted) if (until <= askedAt) this.#acted.delete(id);
      this.#set({ session: 'in', lostSince: null, problem: null, overview: this.#withActed() });
      if (school !== null) await this.#refreshDevices(school);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failed(error);
    }
  }

  #withActed(): Overview | null {
    if (this.#overview === null || this.#acted.size === 0) return this.#overview;
    return { ...this.#overview, open: this.#overview.open.map((alert) => this.#acted.get(alert.id)?.alert ?? alert) };
  }

  async #refreshDevices(school: string): Promise<void> {
    try {
      const devices = await getDevices(school, this.#devicesTag, this.#stop.signal);
      this.#answered(devices);
      if (school !== this.#school) return;
      this.#devicesTag = devices.etag;
      this.#set({ devices: devices.body ?? this.state.devices, devicesProblem: null });
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'failed') throw error;
      if (school === this.#school) this.#set({ devicesProblem: error.message });
    }
  }

  #answered(answer: Answer<unknown>): void {
    this.#lastAnswer = answer.now;
    this.#skew = answer.now - this.#clock.now();
  }

  #failed(error: unknown): void {
    const kind = error instanceof ApiError ? error.kind : 'failed';
    if (kind === 'login') this.loggedOut();
    else if (kind === 'failed') this.#set({ problem: errorMessage(error), lostSince: null });
    else this.#set({ lostSince: this.#lastAnswer ?? this.#now(), problem: null });
  }

  #now(): number {
    return this.#clock.now() + this.#skew;
  }

  #set(change: Partial<LiveState>): void {
    this.state = { ...this.state, now: this.#now(), ...change };
    this.#onChange(this.state);
  }
}
