import type { InventoryItem } from '../../core/device-facts.ts';

/** What people call a part, and what its changes are called. */
export type PartKind = 'transceiver' | 'stack member' | 'power supply' | 'fan' | 'module' | 'access point' | 'part';

const OPTICS = /\b(?:x?sfp|qsfp|xfp|gbic|cfp\d?|transceiver|1000base-[lsz]x|10gbase-[a-z]{2,3})/i;

/** `stacked`: the device has, or had, several chassis. */
export function partKind(part: InventoryItem, stacked: boolean): PartKind {
  const said = part.class?.toLowerCase();
  switch (said) {
    case 'transceiver':
      return 'transceiver';
    case 'ap':
      return 'access point';
    case 'powersupply':
      return 'power supply';
    case 'fan':
      return 'fan';
    case 'chassis':
      return stacked ? 'stack member' : 'part';
    case 'module':
    case 'port':
      // ENTITY-MIB has no class for optics: they are modules in a port's container, or the port itself.
      return OPTICS.test(`${part.descr ?? ''} ${part.model ?? ''} ${part.name ?? ''}`) ? 'transceiver' : 'module';
    default:
      return 'part';
  }
}

export function isStacked(parts: readonly InventoryItem[]): boolean {
  return parts.filter((part) => part.class?.toLowerCase() === 'chassis').length > 1;
}
