import type { WhoAmI } from '../core/access-api.ts';
import type { SchoolView } from '../core/page-api.ts';

/** Who sits at the page. An account says so by itself; whoever has the admin token may be anybody, so the log has to be told. */
export interface Identity {
  readonly name: string;
  /** By their account: they act for this party at each of their schools (null: for none), and for no other. */
  readonly account?: { readonly party: string | null };
  /** The party they are of, by school: who is `internal` at one is a stranger at the next. */
  readonly parties: Readonly<Record<string, string>>;
}

/** As the API takes it. */
export interface Actor {
  readonly party: string;
  readonly by: string;
}

const KEY = 'bellwether-identity';
export const NOBODY: Identity = { name: '', parties: {} };

/** Storage that is full or forbidden (private windows) only means being asked again. */
export function loadIdentity(): Identity {
  try {
    const { name, parties } = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Identity>;
    return typeof name === 'string' && parties && typeof parties === 'object' ? { name, parties } : NOBODY;
  } catch {
    return NOBODY;
  }
}

export function saveIdentity(identity: Identity): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(identity));
  } catch {
    // As said above.
  }
}

/** After a log-out: whoever logs in next is not taken for the one before. */
export function forgetIdentity(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As said above.
  }
}

/** Of who is logged in; null: the operator, who says it. */
export function identityOf({ kind, name, party }: WhoAmI): Identity | null {
  return kind === 'operator' ? null : { name, parties: {}, account: { party } };
}

/** Null: not said yet for this school, or their party is no longer one of it. Who acts for none is told so by the collector, with the reason. */
export function actorAt({ name, parties, account }: Identity, { school, parties: known }: SchoolView): Actor | null {
  if (account) return { party: account.party ?? '', by: name };
  const party = parties[school];
  return name !== '' && party !== undefined && known.some(({ id }) => id === party) ? { party, by: name } : null;
}
