import { isFactoryName, withoutDomain } from '../../core/device-name.ts';
import type { Role } from '../../core/domain.ts';

export interface Nameable {
  readonly sysName: string | undefined;
  readonly role: Role;
  /** The address it is polled at. */
  readonly address: string;
}

const LONGEST = 63;

/**
 * A name for each device as the configuration wants it: from sysName, without its domain where that leaves it unique; else the role and the address.
 * Unique among themselves and apart from `taken`. The order of `devices` decides who gets the plain one. Pure.
 */
export function namesFor(devices: readonly Nameable[], taken: readonly string[] = []): string[] {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  const short = devices.map(({ sysName }) => slugOf(withoutDomain(sysName ?? '')));
  return devices.map((device, i) => {
    const alone = short[i] !== '' && short.filter((name) => name === short[i]).length === 1;
    const own = alone ? short[i]! : slugOf(device.sysName ?? '');
    const name = own === '' || isFactoryName(own) ? slugOf(`${device.role}-${device.address}`) : own;
    return unique(name, used);
  });
}

function unique(name: string, used: Set<string>): string {
  for (let n = 1; ; n++) {
    const end = n === 1 ? '' : `-${n}`;
    const candidate = `${name.slice(0, LONGEST - end.length)}${end}`;
    if (used.has(candidate)) continue;
    used.add(candidate);
    return candidate;
  }
}

/** Letters, digits, dots, dashes and underscores, beginning with a letter or digit; '' when nothing is left. */
export function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, LONGEST)
    .replace(/[-.]+$/, '');
}
