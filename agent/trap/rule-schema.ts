import { z } from 'zod';
import { DOMAINS } from '../../core/domain.ts';
import type { Condition, Meaning, TrapObject, TrapRule } from './rule.ts';
import { referencesOf } from './template.ts';

const oid = z.string().regex(/^[0-2](\.\d{1,10}){1,127}$/, 'an OID of numbers and dots');
/** Of a trap, or of all below it (`.*`). */
const trapOid = z
  .string()
  .regex(/^[0-2](\.\d{1,10}){1,127}(\.\*)?$/, 'an OID of numbers and dots, perhaps with .* at its end');
const text = z.union([z.string(), z.number()], 'a text or a number').transform(String);
const texts = z.union([text.transform((t) => [t]), z.array(text).min(1)]);
const slug = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a slug of lower-case letters, digits and underscores, such as link_down');
const slugs = z.union([slug.transform((s) => [s]), z.array(slug)]);
const words = z.record(z.string(), z.string());
/** `name`, `name.index` (its instance), `name.2` (the second number of the instance) or `3` (the third varbind). */
const reference = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine(
    (r) => /^[A-Za-z0-9-]+(\.(index|\d+))?$/.test(r),
    'the name of an object, with .index or .N for its instance',
  );

const object = z.union([
  oid.transform((o) => ({ oid: o })),
  z.strictObject({
    oid,
    values: words.optional(),
    bits: words.optional(),
    scale: z.number().positive().optional(),
    format: z.enum(['auto', 'mac', 'ip', 'hex', 'text']).optional(),
  }),
]);

const condition = z.union([
  texts.transform((t) => ({ test: 'is' as const, texts: t })),
  z.strictObject({ contains: texts }).transform((c) => ({ test: 'contains' as const, texts: c.contains })),
  z.strictObject({ above: z.number() }).transform((c) => ({ test: 'above' as const, number: c.above })),
  z.strictObject({ below: z.number() }).transform((c) => ({ test: 'below' as const, number: c.below })),
]);

const meaning = {
  type: slug,
  severity: z.enum(['critical', 'warning', 'info']),
  domain: z.string().refine((d) => DOMAINS.includes(d), `a domain (${DOMAINS.join(', ')})`),
  message: z.string().min(1).max(500),
  clears: slugs,
  ignore: z.boolean(),
  reread: z.enum(['interfaces', 'vitals', 'everything']),
};

const when = z
  .strictObject({ if: z.record(reference, condition), ...meaning })
  .partial({ type: true, severity: true, domain: true, message: true, clears: true, ignore: true, reread: true });

const trap = z.strictObject({
  oid: z.union([trapOid.transform((o) => [o]), z.array(trapOid).min(1)]),
  ...meaning,
  clears: slugs.default([]),
  ignore: z.boolean().default(false),
  reread: meaning.reread.optional(),
  interface: z.strictObject({ index: reference, name: reference }).partial().optional(),
  when: z.array(when).default([]),
});

/** A file of config/traps. */
export const trapFileSchema = z
  .strictObject({
    objects: z
      .record(z.string().regex(/^[A-Za-z][A-Za-z0-9-]*$/, 'a name of letters, digits and dashes'), object)
      .default({}),
    traps: z.record(z.string().min(1), trap).default({}),
  })
  .transform(
    ({ objects, traps }): TrapFile => ({
      objects: Object.entries(objects).map(([name, raw]) => toObject(name, raw)),
      traps: Object.entries(traps).map(([name, raw]) => toRule(name, raw)),
    }),
  );

export interface TrapFile {
  readonly objects: readonly TrapObject[];
  readonly traps: readonly TrapRule[];
}

function toObject(name: string, raw: z.output<typeof object>): TrapObject {
  const more = raw as Partial<TrapObject>;
  return {
    name,
    oid: raw.oid,
    values: more.values,
    bits: more.bits,
    scale: more.scale ?? 1,
    format: more.format ?? 'auto',
  };
}

function toRule(name: string, raw: z.output<typeof trap>): TrapRule {
  const { oid: oids, interface: place, when: cases, ...rest } = raw;
  return {
    name,
    oids,
    meaning: rest,
    interface: place,
    when: cases.map(({ if: conditions, ...gives }) => ({
      if: Object.entries(conditions).map(([ref, c]): Condition => ({ ref, ...c })),
      // A key that is absent must not hide the rule's own.
      gives: Object.fromEntries(Object.entries(gives).filter(([, v]) => v !== undefined)) as Partial<Meaning>,
    })),
  };
}

/** Every object that a rule speaks of, by reference. */
export function referencesIn(rule: TrapRule): string[] {
  const messages = [rule.meaning.message, ...rule.when.flatMap((w) => w.gives.message ?? [])];
  const places = [rule.interface?.index, rule.interface?.name].filter((r) => r !== undefined);
  return [...messages.flatMap(referencesOf), ...rule.when.flatMap((w) => w.if.map((c) => c.ref)), ...places];
}
