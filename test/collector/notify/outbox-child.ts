import { channelRegistry } from '../../../collector/notify/channels/channel.ts';
import { WebhookChannel } from '../../../collector/notify/channels/webhook.ts';
import { Outbox } from '../../../collector/notify/outbox.ts';
import { openState } from '../../../collector/state/database.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { deps, directory, schoolDirectory } from './fixtures.ts';

/** A collector's outbox in a process of its own, to be killed. Arguments: database file, address prefix of the receiver, signing secret. */
const [file, address, secret] = process.argv.slice(2) as [string, string, string];
const parts = { db: openState(file), ...deps(systemClock) };
const webhook = new WebhookChannel({ ...parts, policy: () => ({ allow: ['127.0.0.0/8'], ports: [] }) });
const endpoints = (contact: string) => [
  { type: 'webhook', id: 'phone', address: `${address}/${contact}`, secrets: [secret] },
];
const outbox = new Outbox({
  ...parts,
  channels: channelRegistry([webhook]),
  directory: directory(schoolDirectory(endpoints)),
});
await outbox.run(new AbortController().signal);
