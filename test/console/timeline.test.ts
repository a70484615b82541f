import { expect, it } from 'vitest';
import { timelineText } from '../../console/timeline.ts';

const school = {
  parties: [
    { id: 'internal', name: "the school's own IT" },
    { id: 'provider', name: 'the provider' },
  ],
};
const kim = { party: 'internal', by: 'Kim Lee' };

it.each<[string, Record<string, unknown>, string]>([
  ['pending', { reason: '96.2 above 90 for 4s' }, 'first seen: 96.2 above 90 for 4s'],
  ['opened', { reason: 'x', owner: 'provider', why: 'infra#0' }, 'opened: x; the provider answers'],
  ['opened', {}, 'opened'],
  ['acked', { ...kim, note: 'on my way' }, 'Kim Lee acknowledged: on my way'],
  ['acked', kim, 'Kim Lee acknowledged'],
  ['acked', { ...kim, via: 'link', note: 'on my way' }, 'Kim Lee acknowledged by a link: on my way'],
  ['acked', { ...kim, via: 'pushover' }, 'Kim Lee acknowledged in Pushover'],
  ['declined', { ...kim, via: 'link', reason: 'no_access' }, 'Kim Lee declined by a link (no access)'],
  ['noted', { ...kim, note: 'found it' }, 'Kim Lee noted: found it'],
  ['claimed', kim, 'Kim Lee took it over'],
  ['claimed', { party: 'provider', by: 'declined by Kim Lee' }, 'theirs to keep, declined by Kim Lee'],
  ['released', { ...kim, reason: 'not ours' }, 'Kim Lee handed it back: not ours'],
  ['declined', { ...kim, reason: 'no_access', to: 'provider' }, 'Kim Lee declined (no access)'],
  ['onsite_requested', { ...kim, note: 'reset ap-3', child: 'c' }, 'Kim Lee asked for hands on site: reset ap-3'],
  ['paused', { ...kim, reason: 'parts ordered' }, 'Kim Lee stopped the clocks: parts ordered'],
  ['resumed', kim, 'Kim Lee let the clocks go on'],
  [
    'owner_changed',
    { from: 'internal', to: 'provider', why: 'tests#0', reason: 'test window' },
    "handed over from the school's own IT to the provider: test window",
  ],
  [
    'severity_changed',
    { from: 'warning', to: 'critical', reason: '97 above 95' },
    'warning became critical: 97 above 95',
  ],
  ['unacked', { reason: 'nothing was heard' }, 'the acknowledgement ended: nothing was heard'],
  ['notified', { party: 'safety_net', contact: 'head', channel: 'webhook' }, 'told head (the safety net, webhook)'],
  [
    'notify_failed',
    { party: 'provider', contact: 'noc', reason: 'refused' },
    'not reached: noc (the provider): refused',
  ],
  ['notify_failed', { reason: 'no step reaches anybody' }, 'not reached: no step reaches anybody'],
  [
    'suppressed',
    { by: 'parent', reason: 'behind core1, which is down' },
    'nobody is told of it: behind core1, which is down',
  ],
  ['unsuppressed', { reason: 'it is still so' }, 'told of again: it is still so'],
  ['held', { until: 1, reason: 'nobody is on duty' }, 'waits for the duty of its owner: nobody is on duty'],
  ['hold_ended', {}, 'that wait is over'],
  ['something_new', {}, 'something new'],
])('%s %j is "%s"', (type, detail, words) => {
  expect(timelineText({ type, at: 0, decidedAt: 0, detail }, school)).toBe(words);
});
