import { createHash } from 'node:crypto';
import type { StoredAlert } from '../alert/life.ts';
import { DECLINE_REASONS } from '../engagement/item-rules.ts';
import { clockFace } from '../notify/message.ts';
import { LINK_PAGE_STYLE } from './alert-link-style.ts';

/** What the page of a link shows of its alert, and what its reader may do. Pure: the same alert gives the same page. */
export interface LinkView {
  readonly alert: StoredAlert;
  /** As people know them. */
  readonly school: string;
  readonly timezone: string;
  readonly nameOf: (id: string) => string;
  readonly party: string;
  readonly contact: string;
  /** Declining and handing back are the owner's; undefined: nothing can be done (any more). */
  readonly choices: LinkChoices | undefined;
  /** ms; the times on the page are told from here. */
  readonly now: number;
}

export interface LinkChoices {
  readonly ack: boolean;
  readonly claim: boolean;
  readonly decline: boolean;
  readonly handBack: boolean;
}

/** `good` was done, `bad` could not be. */
export interface Notice {
  readonly tone: 'good' | 'bad' | 'plain';
  readonly title: string;
  readonly text: string;
}

export const LINK_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(LINK_PAGE_STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const REASONS: Readonly<Record<(typeof DECLINE_REASONS)[number], string>> = {
  out_of_scope: 'Not agreed as ours',
  needs_hands_on_site: 'Needs hands on site',
  school_decision: 'The school has to decide',
  duplicate: 'Known already',
  no_access: 'No access to it',
};

/** Which choices a contact of `party` has: what is left out would be refused, or change nothing. `byAgreement`: who answers when nobody took it by hand. */
export function linkChoices(alert: StoredAlert, party: string, byAgreement: string | undefined): LinkChoices {
  const owns = alert.owner === party;
  return {
    ack: alert.ackedBy !== party,
    claim: !owns && alert.claimedBy === null,
    decline: owns,
    handBack: owns && byAgreement !== undefined && byAgreement !== party,
  };
}

/** A page that only says something: a link that is no good, a refusal. */
export function noticePage(notice: Notice): string {
  return page(notice.title, noticeHtml(notice));
}

export function linkPage(view: LinkView, notice?: Notice): string {
  const { alert, choices } = view;
  return page(
    `${alert.severity}: ${alert.summary}`,
    `${notice ? noticeHtml(notice) : ''}${alertHtml(view)}${choices ? formsHtml(choices) : ''}`,
  );
}

function alertHtml({ alert, school, timezone, nameOf, now, party, contact }: LinkView): string {
  const time = clockFace(timezone, now);
  const over = alert.resolvedAt === null ? '' : fact('Over since', time(alert.resolvedAt));
  const acked =
    alert.ackedBy === null
      ? 'Nobody yet'
      : `${nameOf(alert.ackedBy)}${alert.ackedAt === null ? '' : `, ${time(alert.ackedAt)}`}`;
  const owner = alert.owner === null ? 'Nobody is configured' : nameOf(alert.owner);
  const state = alert.resolvedAt === null ? alert.severity : 'resolved';
  return `<article>
<p class="where"><strong class="badge ${escaped(state)}">${escaped(state)}</strong> ${escaped(school)} (${escaped(alert.site)})</p>
<h1>${escaped(alert.summary)}</h1>
<dl>
${fact('Since', time(alert.openedAt ?? alert.pendingAt))}${over}
${fact('What', alert.condition)}
${fact('Who answers', owner, alert.decision?.text ?? alert.why ?? '')}
${fact('Acknowledged', acked)}
${fact('You', `${nameOf(contact)}, for ${nameOf(party)}`)}
</dl>
</article>`;
}

function fact(name: string, value: string, small = ''): string {
  const more = small === '' ? '' : `<p class="small">${escaped(small)}</p>`;
  return `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}${more}</dd></div>\n`;
}

function formsHtml({ ack, claim, decline, handBack }: LinkChoices): string {
  const button = (action: string, text: string, main = false): string =>
    `<button name="action" value="${action}"${main ? ' class="main"' : ''}>${text}</button>`;
  const first = [
    ack ? button('ack', 'Acknowledge', true) : '',
    claim ? button('claim', 'Take it over', !ack) : '',
  ].join('');
  const reasons = DECLINE_REASONS.map((value) => `<option value="${value}">${REASONS[value]}</option>`).join('');
  const area = (name: string, label: string, required = false): string =>
    `<label>${label}<textarea name="${name}" rows="2" maxlength="2000"${required ? ' required' : ''}></textarea></label>`;
  const other = (title: string, inner: string): string =>
    `<details><summary>${title}</summary><form method="post">${inner}</form></details>`;
  return [
    first === '' ? '' : `<form method="post">${area('note', 'Note (optional)')}${first}</form>`,
    decline
      ? other(
          'Decline',
          `<label>Reason<select name="reason" required>${reasons}</select></label>${area('note', 'Note (optional)')}${button('decline', 'Decline')}`,
        )
      : '',
    handBack ? other('Hand back', `${area('reason', 'Reason', true)}${button('hand_back', 'Hand back')}`) : '',
    other('Only write a note', `${area('note', 'Note', true)}${button('note', 'Write it down')}`),
    '<p class="small">This link is yours alone. It does one thing, once; notes do not use it up.</p>',
  ].join('\n');
}

function noticeHtml({ tone, title, text }: Notice): string {
  return `<section class="notice ${tone}" role="status"><h2>${escaped(title)}</h2><p>${escaped(text)}</p></section>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escaped(title)}</title>
<style>${LINK_PAGE_STYLE}</style>
</head>
<body><main>
<p class="product">Bellwether</p>
${body}
</main></body>
</html>
`;
}

function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
