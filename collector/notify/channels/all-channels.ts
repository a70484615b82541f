import { AlertmanagerChannel } from './alertmanager.ts';
import type { Channel, ChannelParts } from './channel.ts';
import { DiscordChannel } from './discord.ts';
import { EmailChannel, type EmailParts } from './email.ts';
import { NtfyChannel } from './ntfy.ts';
import { PagerDutyChannel } from './pagerduty.ts';
import { PushoverChannel } from './pushover.ts';
import { SlackChannel } from './slack.ts';
import { TeamsChannel } from './teams.ts';
import { TwilioChannel } from './twilio.ts';
import { WebhookChannel } from './webhook.ts';

export interface AllParts extends ChannelParts {
  readonly mailServer: EmailParts['server'];
}

/** Every kind of channel there is, one line for each; its schema is listed in engagement/channel-schema.ts. */
export function allChannels({ mailServer, ...parts }: AllParts): Channel[] {
  return [
    new WebhookChannel(parts),
    new EmailChannel({ clock: parts.clock, log: parts.log, server: mailServer }),
    new SlackChannel(parts),
    new DiscordChannel(parts),
    new TeamsChannel(parts),
    new NtfyChannel(parts),
    new PushoverChannel(parts),
    new TwilioChannel(parts),
    new PagerDutyChannel(parts),
    new AlertmanagerChannel(parts),
  ];
}
