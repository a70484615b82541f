import { once } from 'node:events';
import { formatDuration } from '../core/duration.ts';
import { errorMessage } from '../core/errors.ts';
import { processOutput } from '../runtime/command-line.ts';
import type { Explanation } from './engagement/decision.ts';
import { dateTime, partyName } from './engagement/explain.ts';
import { planSchool } from './engagement/plan.ts';
import { explain } from './engagement/responsibility.ts';
import type { School } from './engagement/school.ts';
import { parseSchool } from './engagement/school-file.ts';
import { parseInstant } from './engagement/zoned-time.ts';
import { BatchExplainer, checked } from './explain-batch.ts';
import { schoolOfArgument } from './school-argument.ts';

/** Answers are written in pieces of about this many characters. */
const CHUNK = 64 * 1024;

/** `explain`: who would answer for an alert at a time, and why. Prints words, or with `json` the explanation as one JSON line. */
export function explainOnce(
  config: string,
  options: {
    readonly school?: string;
    readonly alert: string;
    readonly at: string;
    readonly state?: string;
    readonly json: boolean;
  },
): number {
  const school = schoolOfArgument(config, {
    refuseErrors: true,
    ...(options.school !== undefined && { school: options.school }),
  });
  let request: ReturnType<typeof checked>;
  try {
    const at = parseInstant(options.at, school.tz);
    request = checked({
      alert: { id: 1, ...(parseJson('--alert', options.alert) as object) },
      at: at === undefined ? options.at : new Date(at).toISOString(),
      state: options.state === undefined ? {} : parseJson('--state', options.state),
    });
  } catch (error) {
    processOutput.err(`explain: ${errorMessage(error)}`);
    return 1;
  }
  const explanation = explain(planSchool(school), request.alert, request.at, request.state);
  processOutput.out(options.json ? JSON.stringify(explanation) : explanationText(school, explanation));
  return 0;
}

function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${option}: expected JSON such as {"domain":"wireless","severity":"warning"}, got ${text} (${errorMessage(error)})`,
    );
  }
}

/** `explain --batch`: JSON lines in on stdin, one decision a line out. Exit code 1 when a line could not be answered. */
export async function explainBatch(input: NodeJS.ReadStream = process.stdin): Promise<number> {
  const batch = new BatchExplainer({
    inline: (json, line) => parseSchool(json, `config of line ${line}`),
    named: (argument) => schoolOfArgument(argument, { refuseErrors: true }),
  });
  let out = '';
  const flush = async (): Promise<void> => {
    const text = out;
    out = '';
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  };
  for await (const lines of linesOf(input)) {
    for (const line of lines) {
      if (line.trim() === '') batch.skip();
      else out += `${batch.answer(line)}\n`;
      if (out.length >= CHUNK) await flush();
    }
    // Whoever asks one at a time waits for the answer before they ask the next.
    if (out !== '') await flush();
  }
  return batch.failed === 0 ? 0 : 1;
}

/** The whole lines of each piece of input, as they come. readline does this too, at ten times the cost of an answer. */
async function* linesOf(input: NodeJS.ReadStream): AsyncGenerator<readonly string[]> {
  input.setEncoding('utf8');
  // Of a line that goes on over many pieces; put together once, when its end has come.
  let begun: string[] = [];
  for await (const piece of input as AsyncIterable<string>) {
    const lines = piece.split('\n');
    const rest = lines.pop()!;
    if (lines.length > 0) {
      lines[0] = begun.join('') + lines[0]!;
      begun = [];
      yield lines;
    }
    begun.push(rest);
  }
  yield [begun.join('')];
}

/** The explanation for a terminal. */
export function explanationText(school: School, e: Explanation): string {
  const at = Date.parse(e.at);
  const lines = [
    `${dateTime(school, at)} (${school.tz}), ${school.school}`,
    '',
    e.text,
    '',
    `owner       ${e.owner} (${partyName(school, e.owner)})`,
    `acting      ${e.acting}${e.held === null ? '' : ' (held: nobody of the owner is on duty)'}`,
    `why         ${e.why}${e.ambiguous ? ' (a tie: only the date of approval or the id decided)' : ''}`,
    'ladder',
    ...e.steps.map((step) => {
      const when = dateTime(school, at + step.after_s * 1000);
      const repeat = step.repeat_s === undefined ? '' : `, then every ${formatDuration(step.repeat_s * 1000)}`;
      return `  ${when}  ${step.contact} (${step.party})${step.transfer ? ', ownership moves' : ''}${repeat}`;
    }),
    'what matched, in order',
    ...e.ranks.map(({ grant, owner, tuple: [priority, specificity, length] }) => {
      const window = length === null ? 'no window' : `window ${formatDuration(length * 1000)}`;
      return `  ${grant} -> ${owner}: priority ${-priority}, specificity ${0 - specificity}, ${window}`;
    }),
    `  base -> ${school.base.owner}`,
    ...onCallLines(school, e),
    e.next_change
      ? `changes     ${dateTime(school, Date.parse(e.next_change.at))}: ${e.next_change.owner} (${whatChanges(e.next_change)})`
      : 'changes     not within 400 days, as far as dates tell',
    `version     ${e.config_version}`,
  ];
  return lines.join('\n');
}

function onCallLines(school: School, { on_call = [] }: Explanation): string[] {
  return on_call.map(({ party, contact, named, by, next }, i) => {
    const standIn = named !== null && named !== contact ? `, for ${named} who is absent` : '';
    const then = next ? `; from ${dateTime(school, Date.parse(next.at))} ${next.contact}` : '';
    return `${(i === 0 ? 'on call' : '').padEnd(12)}${party}: ${contact ?? 'nobody'} (${by === 'first' ? 'no shift' : by}${standIn})${then}`;
  });
}

function whatChanges({ why, contact }: NonNullable<Explanation['next_change']>): string {
  return contact === undefined ? why : `${contact} on call`;
}
