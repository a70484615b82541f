import { errorMessage } from '../../core/errors.ts';
import type { Part } from './part.ts';
import { goPattern } from './pattern.ts';
import type { Selector } from './profile.ts';

/** An OID, the beginning of one that ends in a dot, or one with `*`. */
const OID_PATTERN = /^(?:\*|\d+(?:\.(?:\d+\*?|\*))*\.?)$/;
/** Netdata's: whatever else is a regular expression of digits and dots, for any part of the OID. */
const OID_EXPRESSION = /^[\d.*+?^$|()[\]\\{},d-]*\d[\d.*+?^$|()[\]\\{},d-]*$/;
const NOTHING = { include: [], exclude: [] };

/** `selector` (Netdata) and the root `sysobjectid` (Datadog, Kentik), which is one more rule. */
export function decodeSelectors(root: Part): Selector[] {
  const include = oidPatterns(root, 'sysobjectid');
  const own: Selector[] =
    include.length === 0
      ? []
      : [{ sysObjectId: { include, exclude: [] }, sysDescr: NOTHING, present: [], exclusive: true }];
  return [...root.parts('selector').flatMap((part) => decodeSelector(part) ?? []), ...own];
}

/** One rule. A condition that cannot be read takes the rule with it: without the condition it would fit too much. */
function decodeSelector(part: Part): Selector | undefined {
  const sysObjectId = lists(part, 'sysobjectid', (inner, key) => oidPatterns(inner, key, true));
  const sysDescr = lists(part, 'sysdescr', descriptions);
  const present = oidPatterns(part, 'present').map((oid) => oid.replace(/\.\*?$/, ''));
  const conditions = sysObjectId.include.length + sysDescr.include.length + present.length;
  if (conditions === 0 && !part.bad) part.wrong(undefined, 'a condition that a device can fulfil');
  return part.bad ? part.abandon() : { sysObjectId, sysDescr, present };
}

function lists(
  part: Part,
  key: string,
  read: (part: Part, key: string) => string[],
): { readonly include: readonly string[]; readonly exclude: readonly string[] } {
  const value = part.get(key);
  // A list alone is what to include.
  if (typeof value !== 'object' || Array.isArray(value)) return { include: read(part, key), exclude: [] };
  const inner = part.part(key);
  if (!inner) return NOTHING;
  const made = { include: read(inner, 'include'), exclude: read(inner, 'exclude') };
  if (inner.bad) part.bad = true;
  return made;
}

/** Without leading dots; a regular expression (where it may be one) as `/.../`. */
export function oidPatterns(part: Part, key: string, expressions = false): string[] {
  return part.texts(key).flatMap((text) => {
    const pattern = text.trim().replace(/^\./, '');
    if (OID_PATTERN.test(pattern)) return pattern;
    if (expressions && OID_EXPRESSION.test(text) && isPattern(text)) return `/${text.trim()}/`;
    part.wrong(key, 'an OID, with or without *', `"${text}"`);
    return [];
  });
}

function isPattern(text: string): boolean {
  try {
    goPattern(text);
    return true;
  } catch {
    return false;
  }
}

function descriptions(part: Part, key: string): string[] {
  return part.texts(key).filter((text) => {
    try {
      descriptionTest(text);
      return true;
    } catch (error) {
      part.wrong(key, 'a text or a /regular expression/', errorMessage(error));
      return false;
    }
  });
}

type DescriptionTest = (sysDescr: string) => boolean;

/** Texts of the profiles that are loaded: as many as stand in their files. */
const tests = new Map<string, DescriptionTest>();

/** How a text of `sysdescr` is held against a description; made once, as each device is held against all. @throws SyntaxError for a pattern that is none */
export function descriptionTest(text: string): DescriptionTest {
  const test = tests.get(text) ?? makeTest(text);
  tests.set(text, test);
  return test;
}

function makeTest(text: string): DescriptionTest {
  const [, source, flags] = /^\/(.+)\/(i?)$/s.exec(text) ?? [];
  if (source === undefined) {
    const wanted = text.toLowerCase();
    return (sysDescr) => sysDescr.toLowerCase().includes(wanted);
  }
  const read = goPattern(source);
  const pattern = flags === 'i' && !read.flags.includes('i') ? new RegExp(read.source, `${read.flags}i`) : read;
  return (sysDescr) => pattern.test(sysDescr);
}
