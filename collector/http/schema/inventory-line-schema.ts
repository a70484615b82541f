import { z } from 'zod';
import type { InventoryItem, NeighborFacts } from '../../../core/device-facts.ts';
import type { DeviceLine, InventoryDocument, InventoryReply, RosterLine } from '../../../core/inventory-api.ts';
import { DOCUMENT_LIMITS } from '../../../core/inventory-document.ts';
import { slug } from '../../../runtime/config-schema.ts';

/** What agents push. Names that are not known here, of a newer agent, are left out; a text that is too long is not. */

const TEXT = `text of at most ${DOCUMENT_LIMITS.text} characters`;
const text = z.string(TEXT).max(DOCUMENT_LIMITS.text, TEXT);
const whole = z.number('a whole number').int('a whole number');
const list = <T extends z.ZodType>(item: T, most: number) =>
  z.array(item, `a list of at most ${most}`).max(most, `a list of at most ${most}`);

const optionalTexts = <const N extends string>(...names: readonly N[]) =>
  Object.fromEntries(names.map((name) => [name, text.exactOptional()])) as Record<N, z.ZodExactOptional<typeof text>>;

const part = z.object({
  index: text,
  ...optionalTexts('descr', 'containedIn', 'class', 'name', 'hardwareRev', 'firmwareRev', 'softwareRev'),
  ...optionalTexts('serial', 'manufacturer', 'model'),
}) satisfies z.ZodType<InventoryItem>;

const neighbor = z.object({
  protocol: z.enum(['lldp', 'cdp'], 'lldp or cdp'),
  localPortNum: whole.exactOptional(),
  ifIndex: whole.exactOptional(),
  chassisIdSubtype: whole.exactOptional(),
  portIdSubtype: whole.exactOptional(),
  ...optionalTexts(
    'localPort',
    'chassisId',
    'portId',
    'portDesc',
    'sysName',
    'sysDesc',
    'deviceId',
    'platform',
    'address',
  ),
}) satisfies z.ZodType<NeighborFacts>;

export const inventoryDocument = z
  .object({
    format: z.literal(1, 'format 1; a newer agent needs a newer collector'),
    device: slug,
    ...optionalTexts('role', 'host'),
    complete: z.boolean('true or false'),
    identity: z.object(
      optionalTexts('vendor', 'hardware', 'version', 'serial', 'sysName', 'sysObjectID', 'sysLocation'),
    ),
    chassisIds: list(text, DOCUMENT_LIMITS.chassisIds),
    interfaces: list(
      z.object({ ifIndex: whole, ...optionalTexts('ifName', 'ifAlias', 'physAddress') }),
      DOCUMENT_LIMITS.interfaces,
    ),
    parts: list(part, DOCUMENT_LIMITS.parts),
    neighbors: list(neighbor, DOCUMENT_LIMITS.neighbors),
  })
  .meta({ id: 'InventoryDocument' }) satisfies z.ZodType<InventoryDocument>;

export const deviceLine = z.object({
  device: slug,
  time: whole.describe('when the device was read, ms since the epoch'),
  digest: z.string('a digest').min(1, 'a digest').max(128, 'a digest'),
  document: inventoryDocument.exactOptional(),
}) satisfies z.ZodType<DeviceLine>;

export const ROSTER_LIMIT = 20_000;

export const rosterLine = z.object({ roster: list(slug, ROSTER_LIMIT) }) satisfies z.ZodType<RosterLine>;

export const inventoryReply = z.strictObject({
  wanted: z.array(z.string()),
  refused: z.array(z.strictObject({ device: z.string(), reason: z.string() })),
}) satisfies z.ZodType<InventoryReply>;
