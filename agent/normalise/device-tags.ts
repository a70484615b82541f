import { ROLE_DOMAIN } from '../../core/domain.ts';
import type { Target } from '../config.ts';

export type Tags = Readonly<Record<string, string>>;

/** Tags on every point of a device; the target's own come first, so that they cannot pass themselves off as ours. */
export function deviceTags(target: Target): Tags {
  return {
    ...target.tags,
    agent_host: target.host,
    source: target.host,
    device: target.name,
    role: target.role,
    domain: ROLE_DOMAIN[target.role],
  };
}

/** Tags without the empty ones, which line protocol cannot write. */
export function withoutEmpty(tags: Readonly<Record<string, string | undefined>>): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter((e): e is [string, string] => e[1] !== undefined && e[1] !== ''),
  );
}
