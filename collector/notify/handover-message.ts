import { domainWords } from '../../core/domain.ts';
import type { PlannedHandover } from '../engagement/handovers.ts';
import type { SchoolDirectory } from './directory.ts';
import type { AlertLine, Briefing, HandoverReport } from './handover-facts.ts';
import { clockFace, type HandoverMessage } from './message.ts';

const SHOWN = 5;

/** To the incoming party, a while before the boundary. `at`: ms. */
export function briefMessage(
  handover: PlannedHandover,
  { open, often, alertsInWeek, quiet }: Briefing,
  contact: string,
  at: number,
  directory: SchoolDirectory,
): HandoverMessage {
  const time = clockFace(directory.timezone, at);
  const from = directory.nameOf(handover.from);
  const acked = open.filter((alert) => alert.ackedBy !== null);
  const lines = [
    `SOON YOURS at ${directory.name}: from ${time(handover.at)} on, ${directory.nameOf(handover.to)} answers for ${what(handover)} instead of ${from} (${handover.why}).`,
    open.length === 0
      ? `Nothing of ${from} is open now; ${alertsInWeek} alerts in the last seven days.`
      : `Open with ${from} now: ${open.length}, of which ${acked.length} acknowledged; ${alertsInWeek} alerts in the last seven days.`,
    ...listed(open, time),
    ...(often.length > 0
      ? [`Often in trouble this week: ${often.map(({ thing, alerts }) => `${thing} (${alerts} alerts)`).join(', ')}.`]
      : []),
    ...quiet
      .slice(0, SHOWN)
      .map(
        ({ kind, comment, author, until }) => `Kept quiet: ${comment} (${kind} by ${author}, until ${time(until)}).`,
      ),
    handover.terms.accept === 'required'
      ? `Please accept it. Until you do, ${from} is told as well, and the alerts are yours all the same.`
      : 'You need not do anything now.',
  ];
  return message('handover.brief', handover, contact, at, { open, often, alerts_in_week: alertsInWeek, quiet }, lines);
}

/** To both sides, once it has happened. `at`: ms. */
export function reportMessage(
  handover: PlannedHandover,
  { moved, stayed, since, handled, resolved }: HandoverReport,
  contact: string,
  at: number,
  directory: SchoolDirectory,
): HandoverMessage {
  const time = clockFace(directory.timezone, at);
  const [from, to] = [directory.nameOf(handover.from), directory.nameOf(handover.to)];
  const lines = [
    `HANDED OVER at ${directory.name}: since ${time(handover.at)}, ${to} answers for ${what(handover)} instead of ${from} (${handover.why}).`,
    `${moved.length} open alerts moved to ${to}, ${stayed.length} stay with ${from} until they are resolved.`,
    ...listed(moved, time),
    `Since ${time(since)} ${from} had ${handled} alerts, of which ${resolved} are resolved.`,
  ];
  const facts = { moved, stayed, since: new Date(since).toISOString(), handled, resolved };
  return message('handover.report', handover, contact, at, facts, lines);
}

function what({ domains }: PlannedHandover): string {
  return domains.map(domainWords).join(', ');
}

function listed(alerts: readonly AlertLine[], time: (ms: number) => string): string[] {
  const lines = alerts.slice(0, SHOWN).map(({ severity, summary, since, ackedBy }) => {
    const acked = ackedBy === null ? '' : ', acknowledged';
    return `- ${severity}: ${summary} (since ${time(since)}${acked})`;
  });
  return alerts.length > SHOWN ? [...lines, `- and ${alerts.length - SHOWN} more`] : lines;
}

function message(
  type: HandoverMessage['type'],
  { id, at: boundary, from, to, why, grants }: PlannedHandover,
  contact: string,
  at: number,
  facts: Readonly<Record<string, unknown>>,
  lines: readonly string[],
): HandoverMessage {
  return {
    type,
    timestamp: new Date(at).toISOString(),
    data: {
      handover: { id, at: new Date(boundary).toISOString(), from, to, why, grants, contact, ...facts },
      text: lines.join('\n'),
    },
  };
}
