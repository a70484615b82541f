import { z } from 'zod';
import type { EngagementList, EngagementView } from '../../../core/engagement-api.ts';
import { digest, nullable, time } from './schema-parts.ts';

const finding = z
  .strictObject({
    level: z.enum(['E', 'W']),
    code: z.string(),
    engagement: nullable(z.string()),
    path: z.string(),
    expected: z.string(),
    got: z.string(),
  })
  .meta({ id: 'Finding' });

const mark = z
  .strictObject({
    party: nullable(z.string()),
    by: z.string(),
    at: time,
    reason: nullable(z.string()),
  })
  .meta({ id: 'Mark' });

const version = z
  .strictObject({
    version: z.number().int().min(1),
    stage: z.enum(['draft', 'proposed', 'approved']),
    body: z.record(z.string(), z.unknown()).describe('as in YAML'),
    digest,
    text: nullable(z.string()),
    until: nullable(time),
    proposed: mark,
    approvals: z.array(mark),
    approvedAt: nullable(time),
    breakGlassDeadline: nullable(time),
    accepted: nullable(mark),
    findings: nullable(z.array(finding)),
  })
  .meta({ id: 'EngagementVersion' });

export const engagementReply = z
  .strictObject({
    id: z.string(),
    file: nullable(z.string()),
    status: z.enum(['draft', 'proposed', 'approved', 'suspended', 'ended', 'expired', 'revoked']),
    inForce: nullable(z.number()),
    proposal: nullable(z.number()),
    missing: z.array(z.string()),
    suspended: nullable(mark),
    closed: nullable(mark.extend({ status: z.string() })),
    versions: z.array(version),
  })
  .meta({ id: 'Engagement' }) satisfies z.ZodType<EngagementView>;

export const engagementListReply = z.strictObject({
  school: z.string(),
  engagements: z.array(engagementReply),
  findings: z.array(finding),
  notes: z.array(z.looseObject({ engagement: z.string(), text: z.string() })),
}) satisfies z.ZodType<EngagementList>;
