import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { School } from '../engagement/school.ts';
import { createAlertLink, findAlertLink } from '../state/alert-links.ts';
import type { StateDb } from '../state/database.ts';
import { hashSecret, type RandomBytes } from '../state/secret.ts';
import type { Channel } from './channels/channel.ts';
import { partyOfContact } from './link-party.ts';

/** A message within this time after another to the same contact carries the same link: another channel, a retry, the next rung. */
const REUSE_MS = 3_600_000;
const REMEMBERED = 10_000;

/** The systems behind these show what they get to many people, of whom nobody is the contact. */
const NO_PERSON: ReadonlySet<string> = new Set(['alertmanager']);

export interface AlertLinksParts {
  readonly db: StateDb;
  readonly clock: Clock;
  readonly log: Logger;
  readonly randomBytes: RandomBytes;
  readonly school: (id: string) => School | undefined;
  /** The address people use; without one there are no links, since nobody could follow them. */
  readonly publicUrl: string | undefined;
}

/** Whom a link is for, and to what. `party`: the one they are told for, where that is known. */
export interface LinkFor {
  readonly school: string;
  readonly alertId: string;
  readonly contact: string;
  readonly party?: string;
}

/**
 * Makes the links that messages carry. That happens when a message is sent, not when it is written: what the outbox stores holds no link, and
 * a page that waits for its time has a full day from the moment it arrives.
 */
export class AlertLinks {
  readonly #parts: AlertLinksParts;
  /** By school, alert, contact and party; the memory of this process only, as nothing that is stored may hold a usable link. */
  readonly #made = new Map<string, { readonly token: string; readonly at: number }>();

  constructor(parts: AlertLinksParts) {
    this.#parts = parts;
  }

  /** The link by which `contact` answers that alert; undefined without `public_url`, or when none can be made now: a page goes out all the same. */
  async urlFor(of: LinkFor): Promise<string | undefined> {
    const { publicUrl, school, log } = this.#parts;
    if (publicUrl === undefined) return undefined;
    const known = school(of.school);
    const party = known && partyOfContact(known, of.contact, of.party);
    if (party === undefined) return undefined;
    try {
      return `${publicUrl.replace(/\/+$/, '')}/a/${await this.#token({ ...of, party })}`;
    } catch (error) {
      log.warn({ err: errorMessage(error), alert: of.alertId, contact: of.contact }, 'message sent without a link');
      return undefined;
    }
  }

  async #token(of: Required<LinkFor>): Promise<string> {
    const { db, clock, randomBytes } = this.#parts;
    const now = clock.now();
    const key = hashSecret(JSON.stringify([of.school, of.alertId, of.contact, of.party]));
    const made = this.#made.get(key);
    if (made && now >= made.at && now - made.at < REUSE_MS) {
      const link = await findAlertLink(db, made.token);
      if (link && link.used === null) return made.token;
    }
    const token = await createAlertLink(db, of, now, randomBytes);
    this.#made.delete(key);
    this.#made.set(key, { token, at: now });
    if (this.#made.size > REMEMBERED) this.#made.delete(this.#made.keys().next().value!);
    return token;
  }
}

/** A channel whose messages about an open alert carry the reader's link to it, as `data.ack_url`. */
export function withAlertLinks(channel: Channel, links: Pick<AlertLinks, 'urlFor'>): Channel {
  if (NO_PERSON.has(channel.type)) return channel;
  return {
    type: channel.type,
    deliver: async (delivery, signal) =>
      channel.deliver({ ...delivery, body: await bodyWithLinks(delivery.body, links) }, signal),
  };
}

/** Whose message it is about which alert. */
interface Told {
  readonly alert?: { readonly id: string; readonly school: string };
  readonly responsibility?: { readonly contact: string };
}

interface Linkable {
  readonly type?: unknown;
  readonly data?:
    | (Told & { readonly text?: string; readonly alerts?: readonly (Told & { readonly reference: string })[] })
    | null;
}

async function bodyWithLinks(body: string, links: Pick<AlertLinks, 'urlFor'>): Promise<string> {
  const message = parsed(body);
  if (!message?.data) return body;
  if (message.type === 'alert.open')
    return JSON.stringify({ ...message, data: { ...message.data, ...(await linkOf(message.data, links)) } });
  return message.type === 'alerts.open' ? JSON.stringify(await groupWithLinks(message, message.data, links)) : body;
}

/** Each alert of a group has a link of its own, in the text beside its reference. */
async function groupWithLinks(
  message: Linkable,
  { alerts = [], text = '', ...data }: NonNullable<Linkable['data']>,
  links: Pick<AlertLinks, 'urlFor'>,
): Promise<Linkable> {
  const linked = await Promise.all(alerts.map(async (of) => ({ ...of, ...(await linkOf(of, links)) })));
  const worded = linked.reduce(
    (words, { reference, ack_url }) => (ack_url ? words.replace(`[${reference}]`, `[${reference}] ${ack_url}`) : words),
    text,
  );
  return { ...message, data: { ...data, alerts: linked, text: worded } };
}

async function linkOf(
  { alert, responsibility }: Told,
  links: Pick<AlertLinks, 'urlFor'>,
): Promise<{ readonly ack_url?: string }> {
  if (!alert || !responsibility) return {};
  const { contact } = responsibility;
  const ack_url = await links.urlFor({ school: alert.school, alertId: alert.id, contact });
  return ack_url === undefined ? {} : { ack_url };
}

function parsed(body: string): Linkable | undefined {
  try {
    return (JSON.parse(body) ?? undefined) as Linkable | undefined;
  } catch {
    // The channel says so itself.
    return undefined;
  }
}
