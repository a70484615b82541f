import type { FieldValue } from '../../core/sample.ts';
import type { VarBind } from '../drivers/snmp-session.ts';
import type { Profile } from '../profile/profile.ts';
import { type Tags, withoutEmpty } from './device-tags.ts';
import { toInteger, toText } from './varbind.ts';

/** Scalars by instance OID. */
export type Scalars = ReadonlyMap<string, VarBind>;

/** Fields of measurement `snmp`: uptime in seconds, texts as strings, other numbers as integers, by their names. */
export function systemFields(profile: Profile, scalars: Scalars): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  for (const {
    symbol: { oid, name },
  } of profile.scalars) {
    const value = scalars.get(oid);
    if (!value) continue;
    if (value.type === 'TimeTicks' && name === 'sysUpTimeInstance') fields['uptime'] = Number(value.value) / 100;
    else {
      const number = toInteger(value);
      if (number !== undefined) fields[name] = number;
    }
  }
  for (const source of [...profile.fields.values()].flat()) {
    const value = 'symbol' in source ? scalars.get(source.symbol.oid) : undefined;
    const text = value && toText(value);
    if (text && 'symbol' in source) fields[source.symbol.name] = text;
  }
  return fields;
}

/** Tags of every point of the device, as the profile names them (`sysName`). */
export function systemTags(profile: Profile, scalars: Scalars): Tags {
  const read = profile.deviceTags.map(({ tag, symbol }): [string, string | undefined] => {
    const value = scalars.get(symbol.oid);
    return [tag, value && toText(value)];
  });
  // Of several for one tag the first that says something counts.
  return withoutEmpty({ ...profile.staticTags, ...Object.fromEntries(read.filter(([, text]) => text).toReversed()) });
}
