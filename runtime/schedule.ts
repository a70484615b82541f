import cron from 'node-cron';
import { errorMessage } from '../core/errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Logger } from './logger.ts';

/** Whether `text` is cron syntax, seconds optional. */
export function isCron(text: string): boolean {
  return cron.validate(text);
}

/**
 * Runs `job` by the clock (cron syntax with seconds optional, in `timezone`, default UTC). A run that is still going when the next is due is skipped,
 * a failing run is logged and the next one comes all the same.
 */
export function schedule(
  lifecycle: Lifecycle,
  log: Logger,
  spec: { readonly name: string; readonly cron: string; readonly timezone?: string },
  job: (signal: AbortSignal) => Promise<void> | void,
): void {
  const task = cron.schedule(
    spec.cron,
    async () => {
      try {
        await job(lifecycle.signal);
      } catch (error) {
        log.error({ job: spec.name, err: errorMessage(error) }, 'scheduled job failed');
      }
    },
    { name: spec.name, timezone: spec.timezone ?? 'UTC', noOverlap: true },
  );
  lifecycle.onStop(`schedule ${spec.name}`, async () => {
    await task.destroy();
  });
}
