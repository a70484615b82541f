import type { InterfaceView } from '../core/page-api.ts';

/** The busier direction, percent of the interface's speed; null where it is not known. */
export function utilisation(i: InterfaceView): number | null {
  if (i.inUtilPercent === null) return i.outUtilPercent;
  return i.outUtilPercent === null ? i.inUtilPercent : Math.max(i.inUtilPercent, i.outUtilPercent);
}

/** The interface with the highest utilisation; null when none has one. */
export function busiest(interfaces: readonly InterfaceView[]): InterfaceView | null {
  let found: InterfaceView | null = null;
  for (const candidate of interfaces) {
    const percent = utilisation(candidate);
    if (percent !== null && (found === null || percent > utilisation(found)!)) found = candidate;
  }
  return found;
}
