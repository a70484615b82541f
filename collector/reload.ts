import { isDeepStrictEqual } from 'node:util';
import { errorMessage } from '../core/errors.ts';
import type { Logger } from '../runtime/logger.ts';
import { type CollectorConfig, loadCollectorConfig } from './config.ts';
import type { Desk } from './desk.ts';
import { formatWarning } from './engagement/lint/lint-problems.ts';
import type { Intake } from './intake.ts';

export interface Reloadable {
  readonly file: string;
  readonly current: { config: CollectorConfig };
  readonly desk: Desk;
  readonly intake: Intake;
  readonly log: Logger;
}

const AT_RESTART = [
  'listen',
  'dataDir',
  'storage',
  'state',
  'cluster',
  'limits',
  'public_url',
  'trust_proxy',
  'tick',
  'maintenance',
] as const;

/** Reads the configuration again: rules, schools, webhook ranges and log level take effect at once. A bad one keeps the old and says why. */
export async function reload({ file, current, desk, intake, log }: Reloadable): Promise<void> {
  try {
    const next = loadCollectorConfig(file);
    await desk.reload(next.schools);
    for (const key of AT_RESTART)
      if (!isDeepStrictEqual(next[key], current.config[key]))
        log.warn({ key }, 'this change takes effect at the next restart');
    for (const { school } of current.config.schools)
      if (!next.schools.some((s) => s.school === school))
        log.warn(
          { school },
          'school no longer configured: its agents may still write, but nobody is told of its alerts',
        );
    for (const warning of next.warnings) log.warn(formatWarning(warning));
    log.level = next.log_level;
    current.config = next;
    // In force from here, also if the database does not take now what that changes: the intake keeps it and tries again.
    const writtenDown = intake.setRules(next.rules);
    log.info({ schools: next.schools.length, rules: next.rules.length }, 'configuration reloaded');
    await writtenDown.catch((error: unknown) =>
      log.error({ err: errorMessage(error) }, 'what other rules mean for alerts is not written down yet, tried again'),
    );
  } catch (error) {
    log.error({ err: errorMessage(error) }, 'configuration not reloaded, the old one stays in force');
  }
}
