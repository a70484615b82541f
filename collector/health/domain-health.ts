import { DOMAINS, inDomain } from '../../core/domain.ts';
import type { Sample } from '../../core/sample.ts';
import type { Alert } from '../alert/alert.ts';

/** The area that is the whole site; the others are the domains (core/domain.ts), a group with its leaves. */
export const SITE_AREA = 'site';
export const AREAS: readonly string[] = [SITE_AREA, ...DOMAINS];

export type CountedAlert = Pick<Alert, 'domain' | 'severity' | 'labels'>;

/** A device as it was last heard of; `domain` is the default of its role. */
export interface DeviceState {
  readonly device: string;
  readonly domain: string;
  readonly down: boolean;
}

/** What is known of one site now. */
export interface SiteState {
  readonly school: string;
  readonly site: string;
  /** Open, and people are told of them. */
  readonly open: readonly CountedAlert[];
  /** Open, but somebody has a reason why nobody is told. */
  readonly suppressed: readonly CountedAlert[];
  readonly devices: readonly DeviceState[];
}

export interface AreaState {
  readonly open: number;
  readonly critical: number;
  /** 0 to 100. */
  readonly health: number;
}

const COST = { critical: 20, warning: 5, info: 1 } as const;
const COST_OF_ALL_DEVICES = 50;

/**
 * How an area of a site is. Health is 100, less 20 for each critical alert, 5 for each warning, 1 for each info, and 50 times the share of its devices
 * that are down; never less than 0. A device that a suppressed alert is about is not counted as down: what explains it counts already.
 */
export function areaState(site: SiteState, area: string): AreaState {
  const within = (domain: string): boolean => area === SITE_AREA || inDomain(domain, area);
  const open = site.open.filter(({ domain }) => within(domain));
  const devices = site.devices.filter(({ domain }) => within(domain));
  const down = devices.filter((device) => device.down && !isExplained(device, site.suppressed));
  const alerts = open.reduce((sum, { severity }) => sum + COST[severity], 0);
  const share = devices.length === 0 ? 0 : down.length / devices.length;
  return {
    open: open.length,
    critical: open.filter(({ severity }) => severity === 'critical').length,
    health: Math.max(0, Math.round((100 - alerts - COST_OF_ALL_DEVICES * share) * 10) / 10),
  };
}

/** By an alert about it, or by one without a device about the things of its domain: the access points of a site. */
function isExplained({ device, domain }: DeviceState, suppressed: readonly CountedAlert[]): boolean {
  return suppressed.some((alert) =>
    alert.labels['device'] === undefined ? alert.domain === domain : alert.labels['device'] === device,
  );
}

export function areaSample({ school, site }: SiteState, area: string, state: AreaState, time: number): Sample {
  const { open, critical, health } = state;
  return {
    measurement: 'domain',
    tags: { school, site, area },
    fields: { open: BigInt(open), critical: BigInt(critical), health },
    time,
  };
}
