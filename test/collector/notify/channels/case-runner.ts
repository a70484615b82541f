import type { ChannelParts } from '../../../../collector/notify/channels/channel.ts';
import { local, MESSAGE_ID } from './messages.ts';
import { endpointOf, type ServiceCase } from './services/service-case.ts';
import { type Answer, startStandIn } from './stand-in.ts';

interface Sending {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly parts?: Partial<ChannelParts>;
  /** What the service answers, one after the other, instead of what it would. */
  readonly answers?: readonly Answer[];
}

/** Sends `bodies` one after the other by one channel; returns what became of each, and what the service saw. */
export async function sendAll(
  of: ServiceCase,
  bodies: readonly string[],
  { settings, parts, answers = [] }: Sending = {},
) {
  const standIn = await startStandIn(of.service);
  standIn.next.push(...answers);
  try {
    const channel = of.make({ ...local, ...parts });
    const endpoint = endpointOf({ ...of.settings(standIn.url), ...settings });
    const results = [];
    for (const body of bodies)
      results.push(await channel.deliver({ id: MESSAGE_ID, body, endpoint }, new AbortController().signal));
    return { results, result: results[0]!, seen: standIn.seen, json: standIn.seen.map(({ body }) => parsed(body)) };
  } finally {
    await standIn.close();
  }
}

// biome-ignore lint/suspicious/noExplicitAny: what a service got, to be looked at
function parsed(body: string): any {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
