import type { SerialAt } from '../inventory/change.ts';
import type { StateDb } from './database.ts';
import type { DeviceKey } from './inventory.ts';

/** Who has, or had last, the part that bears a number: a device that was moved, a module that sits in another switch now. */

/** Where in the school parts with these numbers are, or were last, but for `but`; by number, those that are there first. */
export async function findSerials(
  db: StateDb,
  { school, site, device }: DeviceKey,
  numbers: readonly string[],
): Promise<Map<string, SerialAt>> {
  const found = new Map<string, SerialAt>();
  for (let i = 0; i < numbers.length; i += NUMBERS_AT_ONCE) {
    const rows = await db
      .selectFrom('inventory_serial')
      .select(['number', 'site', 'device', 'gone_at'])
      .where('school', '=', school)
      .where('number', 'in', numbers.slice(i, i + NUMBERS_AT_ONCE))
      .orderBy('seen_at', 'desc')
      .execute();
    for (const { number, gone_at, ...at } of rows) {
      if (at.site === site && at.device === device) continue;
      const known = found.get(number);
      if (!known || (known.gone && gone_at === null)) found.set(number, { ...at, gone: gone_at !== null });
    }
  }
  return found;
}

/** Well below what a statement may carry on either database. */
const NUMBERS_AT_ONCE = 500;

/** The device has these numbers now; of those that it had, `gone` is what it has no longer. */
export async function saveSerials(
  db: StateDb,
  { school, site, device }: DeviceKey,
  { has, gone }: { readonly has: readonly string[]; readonly gone: readonly string[] },
  now: number,
): Promise<void> {
  for (let i = 0; i < has.length; i += NUMBERS_AT_ONCE)
    await db
      .insertInto('inventory_serial')
      .values(
        has
          .slice(i, i + NUMBERS_AT_ONCE)
          .map((number) => ({ school, number, site, device, seen_at: now, gone_at: null })),
      )
      .onConflict((conflict) =>
        conflict.columns(['school', 'number', 'site', 'device']).doUpdateSet({ seen_at: now, gone_at: null }),
      )
      .execute();
  for (let i = 0; i < gone.length; i += NUMBERS_AT_ONCE)
    await db
      .updateTable('inventory_serial')
      .set({ gone_at: now })
      .where('school', '=', school)
      .where('site', '=', site)
      .where('device', '=', device)
      .where('number', 'in', gone.slice(i, i + NUMBERS_AT_ONCE))
      .execute();
}
