import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { School } from '../engagement/school.ts';
import { createAlertLink, findAlertLink } from '../state/alert-links.ts';
import type { StateDb } from '../state/database.ts';
import { hashSecret, type RandomBytes } from '../state/secret.ts';
import { type AlertData, toldAlerts } from './channels/answer-links.ts';
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

/** A channel whose messages about open alerts carry the reader's link to each, as `ack_url` beside the alert. */
export function withAlertLinks(channel: Channel, links: Pick<AlertLinks, 'urlFor'>): Channel {
  if (NO_PERSON.has(channel.type)) return channel;
  const deliver: Channel['deliver'] = async (delivery, signal) =>
    channel.deliver({ ...delivery, body: await bodyWithLinks(delivery.body, links) }, signal);
  // What else the channel says of itself stays as it is.
  return Object.create(channel, { deliver: { value: deliver } }) as Channel;
}

/** Of one alert, and of several told together. */
const OPEN = new Set(['alert.open', 'alerts.open']);

async function bodyWithLinks(body: string, links: Pick<AlertLinks, 'urlFor'>): Promise<string> {
  const message = parsed(body);
  if (!message?.data || !OPEN.has(String(message.type))) return body;
  const linked = async <T extends AlertData>(data: T): Promise<T> => {
    const [told] = toldAlerts({ ...data, alerts: [] });
    const ack_url = told && (await links.urlFor({ school: told.school, alertId: told.id, contact: told.contact }));
    return ack_url === undefined ? data : { ...data, ack_url };
  };
  const { alerts } = message.data;
  const data = await linked(message.data);
  const all = alerts && (await Promise.all(alerts.map(linked)));
  return JSON.stringify({ ...message, data: { ...data, ...(all && { alerts: all }) } });
}

interface Linkable {
  readonly type?: unknown;
  readonly data?: AlertData | null;
}

function parsed(body: string): Linkable | undefined {
  try {
    return (JSON.parse(body) ?? undefined) as Linkable | undefined;
  } catch {
    // The channel says so itself.
    return undefined;
  }
}
