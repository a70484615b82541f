import { gzipSync } from 'node:zlib';
import type { TopologyConfig } from '../../../collector/alert/topology.ts';
import { inventoryRoutes } from '../../../collector/http/inventory.ts';
import { type InventoryIngestDeps, inventoryIngest } from '../../../collector/http/inventory-ingest.ts';
import { InventoryKeeper } from '../../../collector/inventory/inventory-keeper.ts';
import { TopologyKeeper } from '../../../collector/inventory/topology-keeper.ts';
import type { StateDb } from '../../../collector/state/database.ts';
import { schoolTransactions } from '../../../collector/state/school-transaction.ts';
import type { Clock } from '../../../core/clock.ts';
import type { DeviceFacts } from '../../../core/device-facts.ts';
import type { DeviceLine, InventoryLine } from '../../../core/inventory-api.ts';
import type { Sample } from '../../../core/sample.ts';
import { createLogger } from '../../../runtime/logger.ts';
import { documentOf } from './documents.ts';

/** The keepers of the inventory over a database, as collector/app-parts.ts wires them. */
export class Stock {
  readonly samples: Sample[] = [];
  readonly keeper: InventoryKeeper;
  readonly topology: TopologyKeeper;
  /** What the schools' files say. */
  readonly configured = new Map<string, TopologyConfig>();

  constructor(db: StateDb, clock: Clock) {
    let count = 0;
    const parts = {
      inSchool: schoolTransactions(db),
      clock,
      log: createLogger('test', 'silent'),
      newId: () => `event-${++count}`,
      observe: async (samples: readonly Sample[]) => void this.samples.push(...samples),
    };
    this.topology = new TopologyKeeper({ ...parts, configured: (school) => this.configured.get(school) });
    this.keeper = new InventoryKeeper({ ...parts, onChange: this.topology.changed });
  }

  routes(db: StateDb, deps: Omit<InventoryIngestDeps, 'inventory'>) {
    const router = { school: (id: string) => ({ topology: this.configured.get(id) }) as never };
    return [inventoryRoutes({ db, router }), inventoryIngest({ ...deps, inventory: this.keeper })];
  }
}

let reads = 0;

/** What an agent sends of a device; equal facts have an equal digest. */
export function lineOf(
  device: string,
  facts: Partial<DeviceFacts> = {},
  target: Parameters<typeof documentOf>[2] = {},
): DeviceLine {
  const document = documentOf(device, facts, target);
  return {
    device,
    time: ++reads,
    digest: JSON.stringify(document).length + digest(JSON.stringify(document)),
    document,
  };
}

function digest(text: string): string {
  let sum = 0;
  for (const char of text) sum = (sum * 33 + char.charCodeAt(0)) % 4_294_967_291;
  return `-${sum}`;
}

/** The line that asks whether the collector has it. */
export function asked({ document: _, ...line }: DeviceLine): DeviceLine {
  return line;
}

export function bodyOf(lines: readonly (InventoryLine | object)[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

export function packed(lines: readonly (InventoryLine | object)[]): Buffer {
  return gzipSync(bodyOf(lines));
}
