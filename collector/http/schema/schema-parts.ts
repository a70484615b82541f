import { z } from 'zod';

/** ms since the epoch. */
export const time = z.number().describe('ms since the epoch');
export const count = z.number().int().min(0);
export const digest = z.string().describe('SHA-256, hex');

export function nullable<T extends z.ZodType>(schema: T): z.ZodNullable<T> {
  return schema.nullable();
}

/** Every refusal: what is wrong, for people. Some say more. */
export const errorReply = z.looseObject({ error: z.string() }).meta({ id: 'Error' });
