import { BellwetherError } from '../../core/errors.ts';
import { BUNDLED_PROFILES, GENERIC_PROFILE } from './bundle.ts';
import type { ProfileSet } from './load.ts';
import type { Profile } from './profile.ts';
import { forDevice, isRelative } from './relative.ts';
import { combine, type DeviceIdentity, type Has, neededPresence, selectProfiles } from './select.ts';

/** The profiles of one device merged into one, and their files, the closest last. */
export interface ChosenProfile {
  readonly profile: Profile;
  readonly files: readonly string[];
}

/** Merged profiles kept at most: sysObjectIDs come from devices, which may make them up. */
const MAX_KEPT = 2000;

/** Chooses profiles for devices; devices with the same choice share one merged profile. */
export class ProfileLibrary {
  readonly #generic: Profile;
  readonly #others: readonly Profile[];
  readonly #chosen = new Map<string, ChosenProfile>();
  /** Those whose OIDs depend on the device's sysObjectID. */
  readonly #relative = new WeakSet<Profile>();

  /** @throws BW_CONFIG_INVALID when the profile that every device has is missing or broken */
  constructor({ profiles }: Pick<ProfileSet, 'profiles'>) {
    const generic = profiles.get(GENERIC_PROFILE);
    if (!generic)
      throw new BellwetherError('BW_CONFIG_INVALID', `${BUNDLED_PROFILES}/${GENERIC_PROFILE} is missing or broken`);
    this.#generic = generic;
    this.#others = [...profiles.values()].filter((p) => p !== generic && p.selectors.length > 0);
  }

  /** What the device must be asked before `choose` can tell profiles apart that only an object of the vendor's distinguishes. */
  presenceNeeded(device: DeviceIdentity): string[] {
    return neededPresence(this.#others, device, () => undefined);
  }

  choose(device: DeviceIdentity, has: Has = () => undefined): ChosenProfile {
    const selected = selectProfiles(this.#others, device, has).map((s) => s.profile);
    const files = [this.#generic, ...selected].map((p) => p.file);
    const shared = this.#shared(files, () => combine([this.#generic, ...selected]));
    if (!this.#relative.has(shared.profile)) return shared;
    const own = device.sysObjectId ?? '';
    return this.#shared([...files, own], () => forDevice(shared.profile, own || undefined), files);
  }

  /** One profile for all devices with the same key. */
  #shared(key: readonly string[], make: () => Profile, files = key): ChosenProfile {
    const joined = key.join('\u0000');
    const known = this.#chosen.get(joined);
    if (known) return known;
    const made = { profile: make(), files };
    if (isRelative(made.profile)) this.#relative.add(made.profile);
    if (this.#chosen.size >= MAX_KEPT) this.#chosen.clear();
    this.#chosen.set(joined, made);
    return made;
  }
}
