import { type AgentConfig, loadAgentConfig } from './config.ts';
import { loadProfiles, type ProfileSet } from './profile/load.ts';
import { type LoadedTraps, loadTrapsFor } from './trap/load.ts';

/** All that the agent reads before it starts. Plain data: it goes from one process to another. */
export interface Settings {
  readonly config: AgentConfig;
  readonly profiles: ProfileSet;
  /** Undefined where traps are not configured. */
  readonly traps: LoadedTraps | undefined;
}

/** Reads the configuration, and the profiles and trap files that it names. @throws ConfigError with every problem of `file` */
export function loadSettings(file: string): Settings {
  const config = loadAgentConfig(file);
  return {
    config,
    profiles: loadProfiles(config.profiles?.path),
    traps: config.traps && loadTrapsFor(config.traps),
  };
}
