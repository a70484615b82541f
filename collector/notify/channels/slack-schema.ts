import { incomingWebhook } from './schema-parts.ts';

export const slackSchema = incomingWebhook('slack');
