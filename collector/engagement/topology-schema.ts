import { z } from 'zod';
import { durationFrom, slug } from '../../runtime/config-schema.ts';
import { findCircle, type TopologyConfig, type Uplink } from '../alert/topology.ts';

/** `topology` of a school's file: what hangs on what. */

const oneOrMore = <T extends z.ZodType>(item: T, what: string) =>
  z.union([item.transform((one) => [one]), z.array(item).min(1)], what);

const DEVICE = 'a device name, or a glob such as sw-*';
const PARENT = 'a device name, or site/device for one of another site';

const device = z.string().regex(/^[a-z0-9*?][a-z0-9._*?-]{0,62}$/i, DEVICE);
const parent = z.string().regex(/^(?:[a-z0-9][a-z0-9._-]{0,62}\/)?[a-z0-9][a-z0-9._-]{0,62}$/i, PARENT);
const devices = oneOrMore(device, `${DEVICE}, or a list of them`);
const parents = oneOrMore(parent, `${PARENT}, or a list of them`);

const uplinks = z.union(
  [
    z.array(z.strictObject({ device: devices, parent: parents, site: slug.optional() })),
    z
      .record(device, parents)
      .transform((map) => Object.entries(map).map(([name, up]) => ({ key: name, device: [name], parent: up }))),
  ],
  'device: parent, or a list of {device, parent, site}',
);

export const topologySchema = z.strictObject({
  /** How long a new alert waits for a fresh answer of what is above it, and one whose cause is over for its own recovery. */
  patience: durationFrom('0s', '10m').prefault('60s'),
  uplinks,
});

type RawTopology = z.output<typeof topologySchema>;

export function toTopology({ patience, uplinks }: RawTopology): TopologyConfig {
  return { patienceMs: patience, uplinks: uplinks.map(toUplink) };
}

function toUplink(raw: RawTopology['uplinks'][number]): Uplink {
  const site = 'site' in raw ? raw.site : undefined;
  return { devices: raw.device, parents: raw.parent, ...(site !== undefined && { site }) };
}

type Path = (string | number)[];

/** What the shape alone does not show: circles, a device that is named twice or hangs on itself. `raw` may be half-read. */
export function checkTopology(raw: unknown, report: (path: Path, expected: string) => void): void {
  // Looked at as the schema has made it, so a list whatever was written.
  const written = (raw as { uplinks?: unknown } | null | undefined)?.uplinks;
  if (!Array.isArray(written)) return;
  const uplinks = written.filter(isUplink).map(toUplink);
  if (uplinks.length < written.length) return;
  /** Where an uplink stands in the file: by its device, or in a list by its place. */
  const pathOf = (i: number): Path => {
    const item = written[i] as RawTopology['uplinks'][number];
    return ['topology', 'uplinks', 'key' in item ? item.key : i];
  };
  const places = new Map<string, number>();
  uplinks.forEach(({ devices, parents, site }, i) => {
    for (const name of devices) {
      const key = `${site ?? ''}/${name}`;
      const earlier = places.get(key);
      if (earlier !== undefined) report(pathOf(i), `"${name}" once (uplinks[${earlier}] has it)`);
      else places.set(key, i);
      if (parents.includes(name)) report(pathOf(i), `another parent of "${name}" than itself`);
    }
  });
  const circle = findCircle(uplinks);
  if (circle) report(pathOf(placeOf(uplinks, circle[0]!)), `no circle, but ${circle.join(' -> ')}`);
}

function isUplink(item: unknown): item is RawTopology['uplinks'][number] {
  const { device, parent } = (item ?? {}) as Record<string, unknown>;
  return [device, parent].every((names) => Array.isArray(names) && names.every((name) => typeof name === 'string'));
}

function placeOf(uplinks: readonly Uplink[], name: string): number {
  const device = name.slice(name.indexOf('/') + 1);
  return Math.max(
    0,
    uplinks.findIndex(({ devices }) => devices.includes(device)),
  );
}
