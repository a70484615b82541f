import { AlertmanagerChannel } from './alertmanager.ts';
import type { Channel, ChannelParts } from './channel.ts';
import { DiscordChannel } from './discord.ts';
import { EmailChannel, type EmailParts } from './email.ts';
import { NtfyChannel } from './ntfy.ts';
import { PagerDutyChannel } from './pagerduty.ts';
import { PushoverChannel, type ReceiptKeeper } from './pushover.ts';
import { SlackChannel } from './slack.ts';
import { TeamsChannel } from './teams.ts';
import { TwilioChannel } from './twilio.ts';
import { WebhookChannel } from './webhook.ts';

export interface AllParts extends ChannelParts {
  readonly mailServer: EmailParts['server'];
  /** Takes Pushover's receipts. */
  readonly receipts?: ReceiptKeeper;
}

/** Every kind of channel there is, one line for each; its schema is listed in engagement/channel-schema.ts. */
export function allChannels({ mailServer, receipts, ...parts }: AllParts): Channel[] {
  return [
    new WebhookChannel(parts),
    new EmailChannel({ clock: parts.clock, log: parts.log, server: mailServer }),
    new SlackChannel(parts),
    new DiscordChannel(parts),
    new TeamsChannel(parts),
    new NtfyChannel(parts),
    new PushoverChannel(parts, receipts),
    new TwilioChannel(parts),
    new PagerDutyChannel(parts),
    new AlertmanagerChannel(parts),
  ];
}
