import { incomingWebhook } from './schema-parts.ts';

export const discordSchema = incomingWebhook('discord');
