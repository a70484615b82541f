import { systemClock } from '../../runtime/clock.ts';
import { createLogger } from '../../runtime/logger.ts';

/** What a store is made from besides its configuration. */
export const storeParts = { clock: systemClock, log: createLogger('test', 'silent') };
