import { fileURLToPath } from 'node:url';

/** The profiles that come with the product. */
export const BUNDLED_PROFILES = fileURLToPath(new URL('../../config/profiles', import.meta.url));

/** The base of every device. */
export const GENERIC_PROFILE = 'generic.yaml';

/** What each poll asks of every device: the part of the base that changes all the time. */
export const EVERY_POLL_PROFILE = 'every-poll.yaml';
