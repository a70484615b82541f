import { z } from 'zod';

/** What the schemas of channels share. They stand beside the channels and do no I/O: the school file's schema reads them. */

/** One channel of a contact as the school file gives it, in the form that every channel is given it in. */
export interface ChannelSettings<Type extends string = string> {
  readonly type: Type;
  /** What deliveries are kept apart by, and for most what is called. May hold a secret path: never logged. */
  readonly address: string;
  /** The URL that is called; undefined: none, the collector's own server does it. */
  readonly url?: string;
  /** Never logged. */
  readonly secrets: readonly string[];
  /** What else the channel goes by. */
  readonly settings: Readonly<Record<string, string>>;
}

export const httpUrl = z.url({ protocol: /^https?$/, error: 'an http(s) URL' });

/** Where a public service is; another one for tests or a region. Its path is the channel's. */
export const serviceUrl = (standard: string) => httpUrl.default(standard).transform((url) => url.replace(/\/+$/, ''));

/** A text of this form; `words` also answer a number, which YAML makes of one without quotes. */
export const textLike = (form: RegExp, words: string) => z.string(words).regex(form, words);

/** A value that may stand in a header. */
export const token = textLike(/^[\x21-\x7e]{1,500}$/, 'printable characters without spaces');

/** A chat's incoming webhook: whoever has the URL may post, so it is the secret. */
export const incomingWebhook = <T extends string>(type: T) =>
  z
    .strictObject({ type: z.literal(type), url: httpUrl })
    .transform(({ url }): ChannelSettings<T> => ({ type, address: url, url, secrets: [], settings: {} }));
