import { z } from 'zod';
import { type BodyProblem, bodyProblems } from '../../runtime/config-issue.ts';
import { decodeEngagement, termsOf } from '../engagement/agreement/engagement-terms.ts';
import type { ProposalCommand, StepCommand } from '../engagement/agreement/lifecycle-decision.ts';
import type { School } from '../engagement/school.ts';

export type Read<T> = { readonly value: T } | { readonly problems: readonly BodyProblem[] };

/** Who asks; `party` is checked against the school by the rules. */
const asked = {
  party: z.string().min(1).max(64),
  by: z.string('the name of the person who does this').trim().min(1).max(200),
  reason: z.string().trim().min(1).max(1000).optional(),
};
export const stepSchema = z.strictObject({ ...asked, version: z.number().int().min(1).optional() });
export const newSchema = z.strictObject({
  ...asked,
  engagement: z.record(z.string(), z.unknown()),
  break_glass: z.boolean().optional(),
});
export const changeSchema = newSchema.omit({ break_glass: true });

/** {party, by, version?, reason?} */
export function readStep(body: unknown, type: StepCommand['type'], id: string): Read<StepCommand> {
  const result = stepSchema.safeParse(body ?? {});
  if (!result.success) return { problems: bodyProblems(result.error, body ?? {}) };
  const { party, by, reason, version } = result.data;
  return { value: { type, id, party, by, ...given({ reason, version }) } };
}

/**
 * {party, by, reason?, engagement: as in YAML, break_glass?}; problems of `engagement` have its place in front.
 * @param id of the engagement that is changed; undefined: a new one
 */
export function readProposal(body: unknown, school: School, id: string | undefined): Read<ProposalCommand> {
  const raw = (body ?? {}) as Readonly<Record<string, unknown>>;
  const outer = (id === undefined ? newSchema : changeSchema).safeParse(raw);
  const text = withDefaults(raw['engagement'], id);
  const read = text && decodeEngagement(text, school);
  const problems = [
    ...(outer.success ? [] : bodyProblems(outer.error, raw)),
    ...(read && 'problems' in read ? read.problems.map(inEngagement) : []),
    ...(text ? ownProblems(text, id) : []),
  ];
  if (problems.length > 0 || !outer.success || !read || 'problems' in read) return { problems };
  const { party, by, reason } = outer.data;
  const { engagement } = read;
  const urgent = 'break_glass' in outer.data && outer.data.break_glass === true;
  return {
    value: {
      type: id !== undefined ? 'change' : urgent ? 'break_glass' : 'propose',
      id: engagement.id,
      party,
      by,
      ...given({ reason }),
      stage: engagement.status === 'draft' ? 'draft' : 'proposed',
      terms: termsOf(text, engagement, school),
      engagement,
    },
  };
}

/** What is proposed need not say so; the id of a change stands in the URL. */
function withDefaults(raw: unknown, id: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return undefined;
  return { status: 'proposed', ...(id === undefined ? {} : { id }), ...raw };
}

/** What a file says and the API does not: approvals are given by those whose they are. */
function ownProblems(text: Readonly<Record<string, unknown>>, id: string | undefined): BodyProblem[] {
  const problems: BodyProblem[] = [];
  const add = (path: string, expected: string, got: string) => problems.push(inEngagement({ path, expected, got }));
  const { status } = text;
  if (typeof status === 'string' && !['draft', 'proposed'].includes(status))
    add('status', 'draft or proposed: the rest comes by approve, suspend, end and revoke', JSON.stringify(status));
  for (const key of ['approvals', 'approved_at'])
    if (text[key] !== undefined) add(key, 'nothing: each side gives its own by approve', 'a value');
  if (id !== undefined && text['id'] !== id) add('id', `${id}, as in the address`, JSON.stringify(text['id']));
  return problems;
}

function inEngagement({ path, expected, got }: BodyProblem): BodyProblem {
  return { path: path === '' ? 'engagement' : `engagement.${path}`, expected, got };
}

/** Without what is undefined: what was not said is not there. */
function given<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
