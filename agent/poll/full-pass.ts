import { BellwetherError } from '../../core/errors.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import { OWN_ADDRESSES, SYSTEM } from '../facts/facts.ts';
import { type Needs, needsOf } from '../facts/needs.ts';
import type { Reading } from '../facts/reading.ts';
import { compareOids } from '../normalise/table.ts';
import { toText } from '../normalise/varbind.ts';
import type { ChosenProfile, ProfileLibrary } from '../profile/library.ts';
import type { Profile } from '../profile/profile.ts';
import type { DeviceIdentity } from '../profile/select.ts';
import type { Conversation } from './conversation.ts';
import { ENDS_POLL } from './poll-target.ts';
import { walkColumns } from './walk.ts';

/** Rows of one column that are read at most. */
const MAX_ROWS = 10_000;

/**
 * Cells of all columns that are read in one pass at most: ten stacked switches of 48 ports have some 40,000. What takes in more would hold up the polls
 * of other devices while it is worked out.
 */
const MAX_CELLS = 200_000;

/** One pass over a device: all that its profiles need, as far as it could be read. */
export interface FullPass {
  readonly chosen: ChosenProfile;
  readonly reading: Reading;
  /** The first fault; undefined when all was read. */
  readonly fault: BellwetherError | undefined;
}

/**
 * Asks a device who it is, chooses its profiles and reads what they need, or the part of them that `narrow` leaves. What was read before a fault counts.
 *
 * @throws BellwetherError when not even the first request was answered.
 */
export async function readAll(
  talk: Conversation,
  library: ProfileLibrary,
  narrow: (profile: Profile) => Profile = (profile) => profile,
): Promise<FullPass> {
  const scalars = new Map<string, VarBind>();
  const put = (values: readonly VarBind[]): void => {
    for (const v of values) scalars.set(v.oid, v);
  };
  put(await talk.get(Object.values(SYSTEM)));
  const columns = new Map<string, Map<string, VarBind>>();
  const who = { sysObjectId: text(scalars, SYSTEM.sysObjectID), sysDescr: text(scalars, SYSTEM.sysDescr) };
  let chosen = library.choose(who);
  let fault: BellwetherError | undefined;
  try {
    chosen = await choose(talk, library, who);
    chosen = { ...chosen, profile: narrow(chosen.profile) };
    const needs = needsOf(chosen.profile);
    put(await talk.get([...new Set([...OWN_ADDRESSES, ...needs.scalars])].filter((oid) => !scalars.has(oid))));
    fault = await readColumns(talk, columnsOf(needs, scalars), columns);
  } catch (error) {
    if (!(error instanceof BellwetherError)) throw error;
    fault = error;
  }
  return { chosen, reading: { scalars, columns }, fault };
}

/** Profiles that only one object of the vendor's tells apart cost one request more. */
async function choose(talk: Conversation, library: ProfileLibrary, who: DeviceIdentity): Promise<ChosenProfile> {
  const wanted = library.presenceNeeded(who);
  if (wanted.length === 0) return library.choose(who);
  const found = await talk.first(wanted);
  const present = new Set(wanted.filter((oid, i) => isBelow(found[i], oid)));
  return library.choose(who, (oid) => present.has(oid));
}

/** An object without instance that the device did not answer as one is looked for as the first of what stands below it. */
function columnsOf(needs: Needs, scalars: ReadonlyMap<string, VarBind>): string[] {
  const open = needs.scalars.filter((oid) => !scalars.has(oid) && !oid.endsWith('.0'));
  return [...new Set([...needs.columns, ...open])];
}

/** Reads whole columns into `into`: first which of them the device has at all, many in one request, then those. */
async function readColumns(
  talk: Conversation,
  wanted: readonly string[],
  into: Map<string, Map<string, VarBind>>,
): Promise<BellwetherError | undefined> {
  const firsts = await talk.first(wanted);
  return walkTables(
    talk,
    wanted.filter((oid, i) => isBelow(firsts[i], oid)),
    into,
  );
}

/**
 * Reads whole columns, table by table: what goes wrong in one is no reason to leave out the others. Of a table that is cut short there are the rows that
 * all of its columns were read of: a value without the scale that stands in another column is off by powers of ten.
 */
export async function walkTables(
  talk: Pick<Conversation, 'next'>,
  wanted: readonly string[],
  into: Map<string, Map<string, VarBind>>,
  maxCells = MAX_CELLS,
): Promise<BellwetherError | undefined> {
  let first: BellwetherError | undefined;
  let left = maxCells;
  for (const table of Map.groupBy(wanted, (oid) => oid.slice(0, oid.lastIndexOf('.'))).values()) {
    if (left <= 0) return first ?? new BellwetherError('BW_SNMP_BUDGET', `more than ${maxCells} values`);
    const { columns, fault, upTo } = await walkColumns((select) => talk.next(select), table, MAX_ROWS);
    const ends = fault !== undefined && ENDS_POLL.has(fault.code);
    const isWhole = (index: string): boolean => !ends || upTo === undefined || compareOids(index, upTo) <= 0;
    for (const [oid, cells] of columns) {
      left -= cells.size;
      into.set(oid, new Map([...cells].flatMap(([index, { value }]) => (isWhole(index) ? [[index, value]] : []))));
    }
    first ??= fault;
    if (ends) break;
  }
  return first;
}

function isBelow(value: VarBind | undefined, oid: string): boolean {
  return value !== undefined && value.type !== 'endOfMibView' && value.oid.startsWith(`${oid}.`);
}

function text(scalars: ReadonlyMap<string, VarBind>, oid: string): string | undefined {
  const value = scalars.get(oid);
  return value && toText(value);
}
