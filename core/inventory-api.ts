/**
 * Types only, as core/page-api.ts: the inventory document that agents push (`POST /api/v1/inventory`), and what the API says of devices, events and
 * of what hangs on what. Times are ms since the epoch.
 */
import type { InventoryItem, NeighborFacts } from './device-facts.ts';
import type { Severity } from './page-api.ts';

/** What a device is and what it is made of: nothing of it changes by itself, so a change is news. */
export interface InventoryDocument {
  /** Of this shape; a collector refuses one that it does not know. */
  readonly format: 1;
  /** As the agent's configuration names it; unique within the site. */
  readonly device: string;
  readonly role?: string;
  /** Where the agent polls it: a host name or an address. */
  readonly host?: string;
  /** False: some of it could not be read this time, so what is not in it need not be gone. */
  readonly complete: boolean;
  readonly identity: DeviceIdentity;
  /** The device's own bridge or chassis addresses, 12 hex digits. */
  readonly chassisIds: readonly string[];
  readonly interfaces: readonly InterfaceBrief[];
  readonly parts: readonly InventoryItem[];
  readonly neighbors: readonly NeighborFacts[];
}

export interface DeviceIdentity {
  readonly vendor?: string;
  readonly hardware?: string;
  readonly version?: string;
  readonly serial?: string;
  readonly sysName?: string;
  readonly sysObjectID?: string;
  readonly sysLocation?: string;
}

export interface InterfaceBrief {
  readonly ifIndex: number;
  readonly ifName?: string;
  readonly ifAlias?: string;
  /** 12 hex digits. */
  readonly physAddress?: string;
}

/**
 * One line of a push (JSON, `application/x-ndjson`). Without the document it asks whether the collector has the one of this digest, and says that the
 * device is there.
 */
export interface DeviceLine {
  readonly device: string;
  /** When the device was read, agent clock. */
  readonly time: number;
  /** Of the document; opaque to the collector. */
  readonly digest: string;
  readonly document?: InventoryDocument;
}

/** All devices that the agent polls: what it delivered before and is not among them is no longer looked at. */
export interface RosterLine {
  readonly roster: readonly string[];
}

export type InventoryLine = DeviceLine | RosterLine;

/** The answer to a push: everything else is safe. */
export interface InventoryReply {
  /** Devices whose document the collector has not: send it. */
  readonly wanted: readonly string[];
  /** Lines that can never be taken. */
  readonly refused: readonly { readonly device: string; readonly reason: string }[];
}

/** GET /api/schools/:school/inventory?site=&after=&limit= */
export interface InventoryList {
  readonly school: string;
  /** By site and name. */
  readonly devices: readonly InventoryRow[];
  /** For `after`: there are more; null: that was all. */
  readonly next: string | null;
}

export interface InventoryRow {
  readonly site: string;
  readonly device: string;
  readonly role: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
  readonly sysName: string | null;
  readonly location: string | null;
  readonly host: string | null;
  readonly firstSeen: number;
  readonly changedAt: number;
  readonly lastSeen: number;
  /** Not seen for 14 days, or no longer polled. */
  readonly gone: boolean;
}

/** GET /api/schools/:school/inventory/:site/:device */
export interface InventoryDetail {
  readonly school: string;
  readonly row: InventoryRow;
  readonly document: InventoryDocument;
  /** What changed, newest first; bounded. */
  readonly changes: readonly EventView[];
}

/** GET /api/schools/:school/events?site=&device=&type=&domain=&severity=&since=&until=&before=&limit=, newest first */
export interface EventList {
  readonly school: string;
  readonly events: readonly EventView[];
  /** For `before`: there are more; null: that was all. */
  readonly next: number | null;
}

export interface EventView {
  readonly seq: number;
  readonly site: string;
  readonly device: string | null;
  /** Of the interface it is about. */
  readonly ifName: string | null;
  readonly at: number;
  /** link_down, firmware_changed ... */
  readonly type: string;
  readonly severity: Severity;
  readonly domain: string;
  /** For people. */
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** GET /api/schools/:school/topology */
export interface TopologyView {
  readonly school: string;
  readonly sites: readonly SiteTopologyView[];
}

export interface SiteTopologyView {
  readonly site: string;
  /** On which everything else hangs, and how they were found; none: nothing is suppressed by what was discovered. */
  readonly roots: readonly string[];
  readonly rootsBy: 'configured' | 'role' | null;
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
  /** Neighbours that nobody monitors. */
  readonly unmatched: readonly UnmatchedNeighbor[];
}

export interface TopologyNode {
  readonly device: string;
  readonly role: string | null;
  /** What it hangs on; several: any one of them is enough. */
  readonly parents: readonly string[];
  /** Who says so: the school's file, or what was discovered. Null: it hangs on nothing that is known. */
  readonly by: 'configured' | 'discovered' | null;
  /** Why it hangs there, or on nothing; for people. */
  readonly reason: string;
}

export interface TopologyEdge {
  readonly a: string;
  readonly b: string;
  /** Several where links are bundled. */
  readonly ports: readonly { readonly a: string | null; readonly b: string | null }[];
  /** Which of the two says so. */
  readonly saidBy: readonly string[];
  /** False: neither says so any more; what hung there last is still taken to hang there. */
  readonly current: boolean;
  readonly seenAt: number;
}

export interface UnmatchedNeighbor {
  /** Whose neighbour it is, and at which port. */
  readonly device: string;
  readonly port: string | null;
  readonly protocol: 'lldp' | 'cdp';
  readonly name: string | null;
  readonly chassisId: string | null;
  readonly address: string | null;
  readonly platform: string | null;
  /** Why it is none of the devices that are known; for people. */
  readonly reason: string;
}
