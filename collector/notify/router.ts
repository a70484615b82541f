import type { Alert } from '../alert/alert.ts';
import type { StoredAlert } from '../alert/life.ts';
import type { Decision, Responsibility, RouteAlert, RouteState } from '../engagement/decision.ts';
import { type Plan, planSchool } from '../engagement/plan.ts';
import { createResponsibility } from '../engagement/responsibility.ts';
import type { School } from '../engagement/school.ts';

interface Routed {
  readonly school: School;
  readonly plan: Plan | undefined;
  readonly responsibility: Responsibility;
}

/** What decides now, for every school: the agreements in force, and the state that routing depends on besides them. */
export class Router {
  #schools: ReadonlyMap<string, Routed> = new Map();
  readonly #latched = new Map<string, Readonly<Record<string, boolean>>>();
  readonly #accepted = new Map<string, Readonly<Record<string, boolean>>>();

  /** Puts schools in force; those left out are no longer decided for. */
  use(schools: readonly School[]): void {
    this.#schools = new Map(
      schools.map((school) => {
        const before = this.#schools.get(school.school);
        return [school.school, before?.school === school ? before : this.#routed(school)];
      }),
    );
  }

  #routed(school: School): Routed {
    const engine = createResponsibility(school);
    const { school: id } = school;
    const responsibility: Responsibility = {
      school: id,
      route: (alert, at, state) => engine.route(alert, at, { ...this.state(id), ...state }),
      owner: (alert, at, state) => engine.owner(alert, at, { ...this.state(id), ...state }),
    };
    return { school, plan: planned(school), responsibility };
  }

  get schools(): ReadonlyMap<string, School> {
    return new Map([...this.#schools].map(([id, { school }]) => [id, school]));
  }

  school(id: string): School | undefined {
    return this.#schools.get(id)?.school;
  }

  /** Undefined for a school that is not configured, or that cannot be planned for: then only the last resort decides. */
  plan(school: string): Plan | undefined {
    return this.#schools.get(school)?.plan;
  }

  readonly responsibility = (school: string): Responsibility | undefined => this.#schools.get(school)?.responsibility;

  /** Everything but the claims, which alerts carry themselves. */
  state(school: string): RouteState {
    return { latched: this.#latched.get(school) ?? {}, accepted: this.#accepted.get(school) ?? {} };
  }

  setLatched(school: string, latched: Readonly<Record<string, boolean>>): void {
    this.#latched.set(school, latched);
  }

  setAccepted(school: string, accepted: Readonly<Record<string, boolean>>): void {
    this.#accepted.set(school, accepted);
  }
}

function planned(school: School): Plan | undefined {
  try {
    return planSchool(school);
  } catch {
    return undefined;
  }
}

/** What the router looks at: the alert, and the places and models its labels name. */
export function routeAlert(alert: Alert): RouteAlert {
  const { id, domain, severity, site, rule, labels } = alert;
  const known = ['zone', 'device', 'vendor', 'model'].filter((name) => labels[name] !== undefined);
  const grades = labels['grades']?.split(',').map((grade) => grade.trim());
  return {
    id,
    domain,
    severity,
    site,
    rule,
    ...Object.fromEntries(known.map((name) => [name, labels[name]!])),
    ...(grades && { grades }),
  };
}

type OfSchool = (school: string) => Responsibility | undefined;
type Claimable = Alert & Partial<Pick<StoredAlert, 'claimedBy'>>;

/** The decision for a stored alert, with who took it by hand; null where its school is not configured. */
export function decideFor(responsibility: OfSchool, alert: Claimable, at: number): Decision | null {
  return responsibility(alert.school)?.route(routeAlert(alert), at, { claims: claimsOf(alert) }) ?? null;
}

/** Only the owner of that decision. */
export function ownerFor(responsibility: OfSchool, alert: Claimable, at: number): string | null {
  return responsibility(alert.school)?.owner(routeAlert(alert), at, { claims: claimsOf(alert) }) ?? null;
}

function claimsOf({ id, claimedBy }: Claimable): Record<string, string> {
  return claimedBy ? { [id]: claimedBy } : {};
}
