import { z } from 'zod';
import { type SnmpUserKeys, userLevel } from './user-level.ts';

const AUTH_PROTOCOLS = ['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
// AES-192 and AES-256 come in two key localisations: `b` (Blumenthal) and `r` (Reeder, as Cisco and others do).
const PRIV_PROTOCOLS = ['des', 'aes', 'aes192b', 'aes192r', 'aes256b', 'aes256r'] as const;

/** What a user of SNMPv3 is in a configuration, for polling and for traps. */
export const snmpUserShape = {
  user: z.string().min(1),
  /** Defaults to the strongest that the keys given allow. */
  level: z.enum(['noAuthNoPriv', 'authNoPriv', 'authPriv']).optional(),
  auth_protocol: z.enum(AUTH_PROTOCOLS).default('sha256'),
  auth_key: z.string().min(8).optional(),
  priv_protocol: z.enum(PRIV_PROTOCOLS).default('aes'),
  priv_key: z.string().min(8).optional(),
};

/** For `superRefine`: the keys that the level needs are there. */
export function hasItsKeys(user: SnmpUserKeys, context: z.RefinementCtx): void {
  const level = userLevel(user);
  if (level !== 'noAuthNoPriv' && !user.auth_key)
    context.addIssue({ code: 'custom', path: ['auth_key'], message: `an auth_key for ${level}` });
  if (level === 'authPriv' && !user.priv_key)
    context.addIssue({ code: 'custom', path: ['priv_key'], message: 'a priv_key for authPriv' });
}
