import { type Permission, type Role, roleMay, type Verdict } from './permission.ts';

/** Who makes a request, as found out by a session or a token. */
export interface Principal {
  /** The operator has the admin token: every school, everything, and may say for whom it acts. */
  readonly kind: 'operator' | 'account' | 'token';
  /** `operator`, `account:<login>`, `token:<id>`: as the audit log names it, and what is counted by. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Null for the operator, and for a token that has a list of permissions instead. */
  readonly role: Role | null;
  /** What a token may do at most; null: what its role may. */
  readonly permissions: readonly Permission[] | null;
  /** For which party it acts; null: for none (an auditor, or the operator, who says so each time). */
  readonly party: string | null;
  /** Schools it was given; the operator has all, whatever stands here. */
  readonly schools: readonly string[];
}

export const OPERATOR: Principal = {
  kind: 'operator',
  id: 'operator',
  name: 'operator',
  role: null,
  permissions: null,
  party: null,
  schools: [],
};

/** Pure: whether somebody may do this at all, at whatever school. */
export function principalMay(principal: Principal, permission: Permission): Verdict {
  if (principal.kind === 'operator') return { ok: true };
  const { role, permissions } = principal;
  if (permissions !== null && !permissions.includes(permission))
    return { ok: false, reason: `this token is for ${permissions.join(', ')} only` };
  if (role === null) return permissions === null ? { ok: false, reason: 'nothing was allowed' } : { ok: true };
  return roleMay(role, permission);
}
