import { formatDuration } from '../../core/duration.ts';
import type { StoredAlert } from '../alert/life.ts';
import { capital } from '../engagement/explain.ts';
import type { SchoolDirectory } from './directory.ts';
import { type AlertMessage, alertMessage, clockFace, place } from './message.ts';

/** To somebody of the party that answered until now and was told: it is theirs no longer. `at`: ms. */
export function handedOver(
  alert: StoredAlert,
  to: { readonly party: string; readonly contact: string; readonly reason: string },
  at: number,
  directory: SchoolDirectory,
): AlertMessage {
  const lines = [
    `HANDED OVER at ${place(alert, directory)}: ${alert.summary}`,
    `${capital(directory.nameOf(to.party))} answers for this from now on. ${sentence(to.reason)} You need not do anything; you will hear when it is over.`,
    `Rule ${alert.rule} (${alert.domain}).`,
  ];
  return alertMessage('alert.handed_over', at, alert, alert.decision!, to.contact, lines);
}

/** To the director: it moved so often that it stays where it is. */
export function pinned(
  alert: StoredAlert,
  contact: string,
  { until, to }: { readonly until: number; readonly to: string },
  at: number,
  directory: SchoolDirectory,
): AlertMessage {
  const owner = directory.nameOf(alert.owner ?? 'nobody');
  const time = clockFace(directory.timezone, at);
  const lines = [
    `STUCK at ${place(alert, directory)}: ${alert.summary}`,
    `This alert changed hands four times within a day and should have gone to ${directory.nameOf(to)} now. It stays with ${owner} until ${time(until)}, so that somebody works on it.`,
    `It is open for ${formatDuration(at - (alert.openedAt ?? at))}. Please see that the two sides agree who does it.`,
  ];
  return alertMessage('alert.pinned', at, alert, alert.decision!, contact, lines);
}

/** To the director: both sides declined it. */
export function unwanted(
  alert: StoredAlert,
  contact: string,
  why: string,
  at: number,
  directory: SchoolDirectory,
): AlertMessage {
  const lines = [
    `NOBODY WANTS THIS at ${place(alert, directory)}: ${alert.summary}`,
    why,
    `It is open for ${formatDuration(at - (alert.openedAt ?? at))}. Please decide who does it.`,
  ];
  return alertMessage('alert.unwanted', at, alert, alert.decision!, contact, lines);
}

/** A reason as a sentence of its own. */
function sentence(reason: string): string {
  return `${capital(reason).replace(/\.+$/, '')}.`;
}
