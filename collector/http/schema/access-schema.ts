import { z } from 'zod';
import type { AuditPageView, WhoAmI } from '../../../core/access-api.ts';
import { PERMISSIONS, ROLES } from '../../access/permission.ts';
import { auditRow } from '../../audit/chain.ts';
import { count, nullable, time } from './schema-parts.ts';

export const whoamiReply = z.strictObject({
  kind: z.enum(['operator', 'account', 'token']),
  name: z.string(),
  role: nullable(z.enum(ROLES)),
  party: nullable(z.string()),
  schools: nullable(z.array(z.string())),
  permissions: nullable(z.array(z.enum(PERMISSIONS))),
}) satisfies z.ZodType<WhoAmI>;

export const auditQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe('only rows with a higher seq'),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

export const auditReply = z
  .strictObject({
    school: z.string(),
    head: z.strictObject({ seq: count, hash: z.string() }),
    rows: z.array(auditRow),
    next: nullable(count),
  })
  .meta({ id: 'AuditPage' }) satisfies z.ZodType<AuditPageView>;

export const accountListReply = z.strictObject({
  accounts: z.array(
    z.strictObject({
      login: z.string(),
      name: z.string(),
      role: z.enum(ROLES),
      party: nullable(z.string()),
      schools: z.array(z.string()),
      createdAt: time,
      disabledAt: nullable(time),
      lastLoginAt: nullable(time),
      secondFactor: z.boolean(),
    }),
  ),
});

export const tokenListReply = z.strictObject({
  tokens: z.array(
    z.strictObject({
      id: z.string(),
      note: z.string(),
      role: nullable(z.enum(ROLES)),
      permissions: nullable(z.array(z.enum(PERMISSIONS))),
      party: nullable(z.string()),
      schools: z.array(z.string()),
      createdAt: time,
      expiresAt: time,
      revokedAt: nullable(time),
      lastUsedAt: nullable(time),
    }),
  ),
  agents: z.array(
    z.strictObject({
      id: z.string(),
      school: z.string(),
      site: z.string(),
      note: z.string(),
      createdAt: time,
      revokedAt: nullable(time),
    }),
  ),
});
