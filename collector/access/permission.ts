/** What somebody may be allowed to do; each route of the API names one. */
export const PERMISSIONS = [
  'read',
  'alert.act',
  'handover.accept',
  'engagement.propose',
  'engagement.approve',
  'engagement.end',
  'calendar.confirm',
  'calendar.publish',
  'maintenance',
  'oncall',
  'audit.read',
  'metrics.read',
  'accounts.manage',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['director', 'specialist', 'provider_technician', 'provider_lead', 'auditor'] as const;

export type Role = (typeof ROLES)[number];

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

type Line = Readonly<Record<Role, true | string>>;

const OPERATOR_ONLY = 'is for the operator of this collector, with the admin token';
const READS_ONLY = 'an auditor reads everything of its schools and changes nothing';

/** `true`, or why not. A permission that a role lacks is refused with these words. */
const TABLE: Readonly<Record<Permission, Line>> = {
  read: allow(),
  'alert.act': allow({ auditor: READS_ONLY }),
  'handover.accept': allow({ auditor: READS_ONLY }),
  'engagement.propose': allow({
    provider_technician: 'engagements are proposed for the provider by its lead',
    auditor: READS_ONLY,
  }),
  'engagement.approve': allow({
    specialist: 'engagements are approved for the school by its director',
    provider_technician: 'engagements are approved for the provider by its lead',
    auditor: READS_ONLY,
  }),
  'engagement.end': allow({
    specialist: 'engagements are suspended and ended for the school by its director',
    provider_technician: 'engagements are suspended and ended for the provider by its lead',
    auditor: READS_ONLY,
  }),
  'calendar.confirm': allow({
    provider_technician: "the school's calendar is confirmed by the school",
    provider_lead: "the school's calendar is confirmed by the school",
    auditor: READS_ONLY,
  }),
  'calendar.publish': allow({
    provider_technician: 'links to the calendar of responsibility are made by the school',
    provider_lead: 'links to the calendar of responsibility are made by the school',
    auditor: READS_ONLY,
  }),
  maintenance: allow({ auditor: READS_ONLY }),
  oncall: allow({
    provider_technician: 'who is on call for the provider is said by its lead',
    auditor: READS_ONLY,
  }),
  'audit.read': allow({
    specialist: "the audit log is read by the school's director and its auditor",
    provider_technician: "the audit log is read by the school's director and its auditor",
    provider_lead: "the audit log is read by the school's director and its auditor",
  }),
  'metrics.read': none(),
  'accounts.manage': none(),
};

/** Pure: whether a role may do something, by the table alone. */
export function roleMay(role: Role, permission: Permission): Verdict {
  const entry = TABLE[permission][role];
  return entry === true ? { ok: true } : { ok: false, reason: entry };
}

/** Permissions that change something in the name of a party. */
export function needsParty(permission: Permission): boolean {
  return !['read', 'audit.read', 'metrics.read', 'accounts.manage'].includes(permission);
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

export function isPermission(text: string): text is Permission {
  return (PERMISSIONS as readonly string[]).includes(text);
}

function allow(except: Partial<Record<Role, string>> = {}): Line {
  return { director: true, specialist: true, provider_technician: true, provider_lead: true, auditor: true, ...except };
}

function none(): Line {
  return Object.fromEntries(ROLES.map((role) => [role, OPERATOR_ONLY])) as Record<Role, string>;
}
