import type { Clock } from '../../core/clock.ts';
import type { DeviceFacts } from '../../core/device-facts.ts';
import { BellwetherError, type ErrorCode, errorMessage } from '../../core/errors.ts';
import type { SnmpCredentials } from '../config.ts';
import type { Resolve } from '../drivers/resolve.ts';
import type { OpenSnmpSession } from '../drivers/snmp-session.ts';
import { factsOf } from '../facts/facts.ts';
import { Conversation } from '../poll/conversation.ts';
import { readAll } from '../poll/full-pass.ts';
import { ReplySize } from '../poll/reply-size.ts';
import type { ProfileLibrary } from '../profile/library.ts';
import type { Profile } from '../profile/profile.ts';

/** A device to be looked at once. */
export interface ProbeTarget {
  /** As it was given: names the answer. */
  readonly target: string;
  readonly host: string;
  readonly credentials: SnmpCredentials;
}

export interface ProbeAnswer {
  readonly target: string;
  /** Undefined when the device said nothing at all. */
  readonly facts: DeviceFacts | undefined;
  readonly outcome: 'ok' | ErrorCode;
  readonly detail: string | undefined;
  readonly durationMs: number;
}

export interface ProbeDeps {
  readonly library: ProfileLibrary;
  readonly clock: Clock;
  readonly resolve: Resolve;
  readonly open: OpenSnmpSession;
  /** Leaves out of a device's profile what is not to be read. */
  readonly narrow?: (profile: Profile) => Profile;
}

/** Looks at one device once. Never fails for what a device does. */
export async function probeDevice(deps: ProbeDeps, target: ProbeTarget, signal: AbortSignal): Promise<ProbeAnswer> {
  const { clock, library } = deps;
  const start = clock.monotonic();
  const answer = (
    facts: DeviceFacts | undefined,
    outcome: 'ok' | ErrorCode,
    detail: string | undefined,
  ): ProbeAnswer => ({
    target: target.target,
    facts,
    outcome,
    detail,
    durationMs: Math.round(clock.monotonic() - start),
  });
  let close = (): void => {};
  try {
    const address = await deps.resolve(target.host, signal);
    const session = deps.open({ address, credentials: target.credentials, clock, onFault: () => {} });
    close = () => session.close();
    const size = new ReplySize(target.credentials.max_repetitions);
    const talk = new Conversation({ session, credentials: target.credentials, size, clock, signal });
    const { chosen, reading, fault } = await readAll(talk, library, deps.narrow);
    const facts = factsOf(chosen.profile, chosen.files, reading);
    return answer(facts, fault?.code ?? 'ok', fault && errorMessage(fault));
  } catch (error) {
    if (!(error instanceof BellwetherError)) throw error;
    return answer(undefined, error.code, error.message);
  } finally {
    close();
  }
}

/** Looks at many devices, `width` at a time, each within `budgetMs`; answers come as they are ready, so that none delays another. */
export async function probeAll(
  deps: ProbeDeps,
  targets: readonly ProbeTarget[],
  options: { readonly width: number; readonly budgetMs: number; readonly signal: AbortSignal },
  onAnswer: (answer: ProbeAnswer) => void,
): Promise<void> {
  const waiting = [...targets];
  const worker = async (): Promise<void> => {
    for (let target = waiting.shift(); target && !options.signal.aborted; target = waiting.shift()) {
      onAnswer(await probeWithin(deps, target, options));
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.width, targets.length) }, worker));
}

/** As `probeDevice`, ended after `budgetMs` with what was read until then. */
export async function probeWithin(
  deps: ProbeDeps,
  target: ProbeTarget,
  { budgetMs, signal }: { readonly budgetMs: number; readonly signal: AbortSignal },
): Promise<ProbeAnswer> {
  const budget = new AbortController();
  const timer = new AbortController();
  void deps.clock.sleep(budgetMs, timer.signal).then(() => budget.abort());
  try {
    return await probeDevice(deps, target, AbortSignal.any([budget.signal, signal]));
  } finally {
    timer.abort();
  }
}
