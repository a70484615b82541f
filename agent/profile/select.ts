import { descriptionTest } from './decode-selector.ts';
import { beside, overlay } from './extend.ts';
import { goPattern } from './pattern.ts';
import type { Profile, Selector } from './profile.ts';

/** What a selector looks at. */
export interface DeviceIdentity {
  readonly sysObjectId: string | undefined;
  readonly sysDescr: string | undefined;
}

/** Whether the device has something below an OID; undefined where it has not been asked. */
export type Has = (oid: string) => boolean | undefined;

/** A profile that applies, and what made it so. */
export interface Selection {
  readonly profile: Profile;
  /** `sysObjectID 1.3.6.1.4.1.9.*, sysDescr "IOS"`. */
  readonly reason: string;
}

interface Fit {
  readonly profile: Profile;
  readonly selector: Selector;
  readonly reason: string;
  readonly rank: readonly number[];
}

/**
 * The profiles that apply, from the least to the most specific. What the device has not been asked for counts as absent (see `neededPresence`).
 * Of the profiles that are chosen by a root `sysobjectid` only the closest applies: exact before glob, then the longest; of equals the later one.
 * Another project's do not compete with ours.
 */
export function selectProfiles(profiles: Iterable<Profile>, device: DeviceIdentity, has: Has): Selection[] {
  const fits = [...profiles].flatMap((profile) => {
    const fitting = profile.selectors.flatMap((selector) => fitOf(profile, selector, device, has) ?? []);
    // A rule that lets others apply as well says more than one that competes.
    const open = fitting.filter((fit) => !fit.selector.exclusive);
    return (open.length > 0 ? open : fitting).toSorted(byRank).slice(-1);
  });
  const competing = fits.filter((fit) => fit.selector.exclusive).toSorted(byRank);
  const closest = [false, true].map((foreign) =>
    competing.findLast((fit) => (fit.profile.foreign ?? false) === foreign),
  );
  return fits
    .filter((fit) => !fit.selector.exclusive || closest.includes(fit))
    .toSorted(byRank)
    .map(({ profile, reason }) => ({ profile, reason }));
}

/** OIDs that the device must still be asked for: all else of a selector that names them fits. */
export function neededPresence(profiles: Iterable<Profile>, device: DeviceIdentity, has: Has): string[] {
  const needed = new Set<string>();
  for (const { selectors } of profiles)
    for (const selector of selectors) {
      if (selector.present.some((oid) => has(oid) === false) || !identityFit(selector, device)) continue;
      for (const oid of selector.present) if (has(oid) === undefined) needed.add(oid);
    }
  return [...needed];
}

/**
 * One profile of several, each over those before it: the first is the base that every device has. A field takes what the closest profile
 * reads; what that does not find, the next below may. Another project's files stand beside all these and fill what they leave empty. @throws Error without a profile
 */
export function combine(profiles: readonly Profile[]): Profile {
  const [first, ...rest] = profiles;
  if (!first) throw new Error('nothing to combine');
  return rest.reduce((lower, upper) => (upper.foreign ? beside(lower, upper) : overlay(lower, upper, 'before')), first);
}

/** How well an OID pattern fits: undefined not at all, else whether it is exact and how many characters it has before the first `*`. */
export function oidFit(
  pattern: string,
  oid: string,
): { readonly exact: boolean; readonly literal: number } | undefined {
  if (pattern === oid) return { exact: true, literal: pattern.length };
  if (pattern.startsWith('/'))
    return goPattern(pattern.slice(1, -1)).test(oid)
      ? { exact: false, literal: /^\^?([\d.\\]*)/.exec(pattern.slice(1))![1]!.replaceAll('\\', '').length }
      : undefined;
  const below = /^(.*)\.\*?$/s.exec(pattern)?.[1];
  if (below !== undefined && !below.includes('*'))
    return oid.startsWith(`${below}.`) ? { exact: false, literal: below.length + 1 } : undefined;
  if (!pattern.includes('*')) return undefined;
  const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('[0-9.]*')}$`).test(oid)
    ? { exact: false, literal: pattern.indexOf('*') }
    : undefined;
}

function fitOf(profile: Profile, selector: Selector, device: DeviceIdentity, has: Has): Fit | undefined {
  const identity = identityFit(selector, device);
  if (!identity || selector.present.some((oid) => has(oid) !== true)) return undefined;
  const reasons = [
    ...(identity.oid === undefined ? [] : [`sysObjectID ${identity.oid}`]),
    ...(identity.text === undefined ? [] : [`sysDescr "${identity.text}"`]),
    ...(selector.present.length > 0 ? [`has ${selector.present.join(', ')}`] : []),
  ];
  const rank = [...identity.rank, selector.present.length];
  return { profile, selector, reason: reasons.join(', '), rank };
}

interface IdentityFit {
  readonly oid: string | undefined;
  readonly text: string | undefined;
  readonly rank: readonly number[];
}

/** All of a selector but what must be asked for. An exclude that fits forbids. */
function identityFit({ sysObjectId, sysDescr }: Selector, device: DeviceIdentity): IdentityFit | undefined {
  const oid = device.sysObjectId?.replace(/^\./, '');
  const descr = device.sysDescr ?? '';
  if (oid !== undefined && sysObjectId.exclude.some((pattern) => oidFit(pattern, oid))) return undefined;
  if (sysDescr.exclude.some((text) => descriptionTest(text)(descr))) return undefined;
  const oids = sysObjectId.include.flatMap((pattern) => {
    const fit = oid === undefined ? undefined : oidFit(pattern, oid);
    return fit ? [{ pattern, rank: [fit.exact ? 1 : 0, fit.literal] }] : [];
  });
  const texts = sysDescr.include.filter((text) => descriptionTest(text)(descr));
  if (sysObjectId.include.length > 0 && oids.length === 0) return undefined;
  if (sysDescr.include.length > 0 && texts.length === 0) return undefined;
  const best = oids.toSorted(byRank).at(-1);
  const longest = texts.toSorted((a, b) => a.length - b.length).at(-1);
  return { oid: best?.pattern, text: longest, rank: [...(best?.rank ?? [0, 0]), longest?.length ?? 0] };
}

/** Stable: of equals the later one is the more specific. */
function byRank(a: { readonly rank: readonly number[] }, b: { readonly rank: readonly number[] }): number {
  for (const [i, left] of a.rank.entries()) {
    const difference = left - b.rank[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
