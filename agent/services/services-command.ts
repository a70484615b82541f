import { systemClock } from '../../runtime/clock.ts';
import { type Command, processOutput } from '../../runtime/command-line.ts';
import { createLogger } from '../../runtime/logger.ts';
import { loadAgentConfig } from '../config.ts';
import type { Attempt } from '../drivers/check/attempt.ts';
import { type Verdict, verdictOn } from '../normalise/service-verdict.ts';
import { Gate } from './gate.ts';
import { AT_ONCE, liveCheck } from './live-check.ts';
import type { Service } from './service.ts';

/** `agent services`: each service once, now, whatever its window, a line as soon as it is known. Exit code 1 unless all are well. */
export const servicesCommand: Command = {
  name: 'services',
  usage: '--config FILE',
  help: 'check each service of FILE once and say what came of it',
  options: { config: { type: 'string' } },
  required: ['config'],
  async run({ values }) {
    const { services, icmp } = loadAgentConfig(String(values['config']));
    if (services.length === 0) processOutput.err('there are no services in this file');
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    const runCheck = liveCheck(icmp.fping, systemClock, createLogger('agent', 'error'));
    const gate = new Gate(AT_ONCE);
    const width = Math.max(...services.map(({ name }) => name.length));
    let well = 0;
    const checks = services.map(async (service) => {
      const attempt = await gate.run(stop.signal, () => runCheck(service, stop.signal));
      if (!attempt || stop.signal.aborted) return;
      const verdict = verdictOn(service, attempt);
      if (verdict.state === 'ok') well += 1;
      processOutput.out(serviceLine(service, attempt, verdict, width, systemClock.now()));
    });
    await Promise.all(checks);
    return well === services.length ? 0 : 1;
  },
};

const DAY_MS = 86_400_000;

/** What a terminal would obey: records and names in certificates are strangers'. */
const CONTROLS = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** `failed   website    status 500, not 200 to 399 (12 ms, certificate 40 days)`. Pure. */
export function serviceLine(service: Service, attempt: Attempt, verdict: Verdict, width: number, now: number): string {
  const { state, reason, responseMs } = verdict;
  const certificate = 'certificate' in attempt ? attempt.certificate : undefined;
  const facts = [
    ...(attempt.type === 'gateway' && attempt.address !== undefined ? [attempt.address] : []),
    ...(attempt.type === 'dns' ? attempt.records : []),
    ...(responseMs === undefined ? [] : [`${responseMs.toFixed(1)} ms`]),
    ...(certificate ? [`certificate ${Math.floor((certificate.validTo - now) / DAY_MS)} days`] : []),
  ].join(', ');
  const words = [reason, reason !== '' && facts !== '' ? `(${facts})` : facts].filter((part) => part !== '').join(' ');
  return `${state.padEnd(7)}  ${service.name.padEnd(width)}  ${words.replaceAll(CONTROLS, '?')}`;
}
