import { z } from 'zod';
import { alertmanagerSchema } from '../notify/channels/alertmanager-schema.ts';
import { discordSchema } from '../notify/channels/discord-schema.ts';
import { emailSchema } from '../notify/channels/email-schema.ts';
import { ntfySchema } from '../notify/channels/ntfy-schema.ts';
import { pagerdutySchema } from '../notify/channels/pagerduty-schema.ts';
import { pushoverSchema } from '../notify/channels/pushover-schema.ts';
import { slackSchema } from '../notify/channels/slack-schema.ts';
import { teamsSchema } from '../notify/channels/teams-schema.ts';
import { twilioSchema } from '../notify/channels/twilio-schema.ts';
import { webhookSchema } from '../notify/channels/webhook-schema.ts';

/** One entry of a contact's `channels`: by its `type`, the keys that channel needs and no others. */
export const channelSchema = z.discriminatedUnion('type', [
  webhookSchema,
  emailSchema,
  slackSchema,
  discordSchema,
  teamsSchema,
  ntfySchema,
  pushoverSchema,
  twilioSchema,
  pagerdutySchema,
  alertmanagerSchema,
]);

export type ChannelType = z.output<typeof channelSchema>['type'];

/** Every kind of channel there is to choose from. */
export const CHANNEL_TYPES = [
  'webhook',
  'email',
  'slack',
  'discord',
  'teams',
  'ntfy',
  'pushover',
  'twilio',
  'pagerduty',
  'alertmanager',
] as const satisfies readonly ChannelType[];
