import { incomingWebhook } from './schema-parts.ts';

export const teamsSchema = incomingWebhook('teams');
