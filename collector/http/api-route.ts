import type { RouteOptions } from 'fastify';
import type { z } from 'zod';
import type { Permission } from '../access/permission.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    api?: ApiSpec;
  }
}

/**
 * Who gets to a route's handler. A permission: whoever has it, at the school that the address names. `somebody`: whoever is logged in; the handler looks
 * at what is theirs. `agent`, `link`: the handler itself checks the agent's token, or the secret in the address. `anyone`: no secret is needed.
 */
export type RouteAccess = Permission | 'somebody' | 'agent' | 'link' | 'anyone';

/** What a route says of itself: enforced by the access check, published by the API document, held against every answer in the tests. */
export interface ApiSpec {
  readonly access: RouteAccess;
  readonly summary: string;
  /** About engagements: a party whose approval is waited for gets here before the school is open to it. */
  readonly agreements?: true;
  /** The body says who does it (`party`, `by`): for an account that is filled in, and whoever claims to be somebody else is refused. */
  readonly acts?: true;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** By status: the schema of a JSON answer, a media type where it is something else, null for none. Refusals are the same everywhere. */
  readonly replies: Readonly<Record<number, z.ZodType | string | null>>;
  /** Not in the API document: the page and its files. */
  readonly hidden?: true;
}

/** For a route's options; a route without it does not start. */
export function api(spec: ApiSpec, config: object = {}): Pick<RouteOptions, 'config'> {
  return { config: { ...config, api: spec } };
}

export function isPermissionAccess(access: RouteAccess): access is Permission {
  return !['somebody', 'agent', 'link', 'anyone'].includes(access);
}
