import type { InventoryItem } from '../../core/device-facts.ts';
import { known } from './known.ts';

/** What the box as a whole says of itself; a key is absent where it says nothing. */
export type Chassis = {
  readonly [K in 'model' | 'serial' | 'softwareRev' | 'firmwareRev' | 'manufacturer']?: string;
};

/** Texts that agents put where nothing was filled in. */
const NOTHING =
  /^(?:n\/?a|none|null|nil|unknown|undefined|empty|default(?: string)?|other|not (?:available|applicable|specified|present|supported)|to be filled.*|unspecified|[-.?*\s]+|(\w)\1*)$/i;

/** "Acme Networks, Inc." is Acme Networks. */
const LEGAL_FORM = /,? (?:co\.?,? ltd|inc|corp(?:oration)?|ltd|llc|gmbh|s\.?p\.?a|a\/s)\.?$/i;

/** Whether a text says anything: not "N/A", "not specified", one character or the same one again and again. */
export function meaningful(text: string): boolean {
  return !NOTHING.test(text.trim());
}

/**
 * The box among the parts of ENTITY-MIB, or nothing. Each fact comes from the first chassis that gives it, then from the stack, then from what is
 * contained in nothing: a stack's own row has often no model, a chassis no software, and some agents give no class at all. A software
 * revision may also stand at the modules, when all that name one agree.
 */
export function chassisOf(parts: readonly InventoryItem[]): Chassis {
  const boxes = [
    ...parts.filter((p) => p.class === 'chassis'),
    ...parts.filter((p) => p.class === 'stack'),
    ...parts.filter((p) => p.containedIn === '0' && p.class !== 'chassis' && p.class !== 'stack'),
  ];
  // A box that has neither is a container's name, not what somebody bought.
  const named = boxes.filter((p) => given(p.serial) || given(p.model));
  const first = (key: keyof InventoryItem & keyof Chassis): string | undefined =>
    named.map((p) => p[key]?.trim()).find(given);
  const found = {
    model: first('model'),
    serial: first('serial'),
    softwareRev: first('softwareRev') ?? agreed(parts),
    firmwareRev: first('firmwareRev'),
    manufacturer: first('manufacturer')?.replace(LEGAL_FORM, ''),
  };
  return known(found);
}

function agreed(parts: readonly InventoryItem[]): string | undefined {
  const modules = parts.filter((p) => p.class === 'module' || p.class === 'cpu');
  const revisions = new Set(modules.map((p) => p.softwareRev?.trim()).filter(given));
  return revisions.size === 1 ? [...revisions][0] : undefined;
}

function given(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '' && meaningful(text);
}
