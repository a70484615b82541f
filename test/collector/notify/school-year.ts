/** A district's year as its calendar has it, and a school that shares the work in every way there is. */
export const SCHOOL_YEAR = `
school: hilltop
tz: America/Chicago
parties:
  internal:
    contacts: [kim, lee]
    coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "07:00", to: "16:00" } }]
    absences: [{ who: [kim], from: 2026-10-12, to: 2026-10-17 }, { who: [kim, lee], from: 2027-02-15, to: 2027-02-20 }]
  provider: { contacts: [noc, lead], coverage: always }
  cabler: { contacts: [desk], coverage: [{ weekly: { days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00" } }] }
safety_net: [head, chief]
base: { owner: internal }
facts: [{ from: 2026-07-01, enrolment: 388 }, { from: 2027-01-11, enrolment: 412 }]
calendars:
  district:
    - { start: 2026-08-10, end: 2026-08-29, categories: [START_UP], summary: Set-up weeks }
    - { start: 2026-09-07, end: 2026-09-08, categories: [NO_SCHOOL], summary: Labor Day }
    - { start: 2026-09-14, end: 2026-09-26, categories: [TESTING], summary: MAP fall }
    - { start: 2026-11-23, end: 2026-11-28, categories: [NO_SCHOOL], summary: Thanksgiving }
    - { start: 2026-12-21, end: 2027-01-04, categories: [NO_SCHOOL], summary: Winter break }
    - { start: 2027-01-11, end: 2027-01-23, categories: [TESTING], summary: MAP winter }
    - { start: 2027-03-08, end: 2027-03-27, categories: [TESTING], summary: State test }
    - { start: 2027-03-29, end: 2027-04-03, categories: [NO_SCHOOL], summary: Spring break }
    - { start: 2027-05-03, end: 2027-05-15, categories: [TESTING], summary: AP exams }
    - { start: 2027-06-07, end: 2027-06-26, categories: [CLOSE_OUT], summary: Close-out }
engagements:
  - { id: cable-co, kind: domain, status: approved, approvals: [internal, cabler], approved_at: 2026-07-01, grants: [{ owner: cabler, scope: { domain: cabling } }] }
  - { id: infra, kind: domain, status: approved, approvals: [internal, provider], approved_at: 2026-07-01, grants: [{ owner: provider, scope: { domain: [wan, routing] } }] }
  - { id: nights, kind: threshold, status: approved, approvals: [internal, provider], approved_at: 2026-07-01, grants: [{ owner: provider, scope: { severity: ">=critical" }, when: { weekly: { days: [mon, tue, wed, thu, fri, sat, sun], from: "17:00", to: "07:00" } } }] }
  - id: seasons
    kind: threshold
    status: approved
    approvals: [internal, provider]
    approved_at: 2026-07-01
    handover: { brief: 24h, overlap: 30m }
    grants:
      - { owner: provider, scope: { domain: [infrastructure, services] }, when: { calendar: district, category: TESTING, lead: 3d } }
      - { owner: provider, when: [{ calendar: district, category: CLOSE_OUT }, { calendar: district, category: START_UP, lead: 5d, lag: 2d }] }
  - { id: overload, kind: threshold, status: approved, approvals: [internal, provider], approved_at: 2026-07-01, priority: 250, grants: [{ owner: provider, if: { load: { party: internal, severity: warning, over: 4, for: 5m, clear: 2, hold: 60m } } }] }
  - { id: growth, kind: threshold, status: approved, approvals: [internal, provider], approved_at: 2026-07-01, grants: [{ owner: provider, scope: { domain: wireless }, if: { enrolment: ">= 400" } }] }
  - { id: wing, kind: adhoc, status: approved, approvals: [internal, provider], approved_at: 2026-09-20, from: 2026-10-01, until: 2026-10-15, grants: [{ owner: provider, scope: { zone: "wing-b/*" } }] }
`;
