// Entry of the process that settings-reader.ts starts: reads the file given, says what is in it, ends.
import { errorMessage } from '../core/errors.ts';
import { ConfigError } from '../runtime/config-error.ts';
import { loadSettings } from './settings.ts';
import type { SettingsMessage } from './settings-channel.ts';

function read(file: string): SettingsMessage {
  try {
    return { kind: 'settings', settings: loadSettings(file) };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'invalid', problems: error.problems };
    return { kind: 'failed', reason: error instanceof Error && error.stack ? error.stack : errorMessage(error) };
  }
}

// The parent may be gone: then there is nobody to tell.
process.send?.(read(process.argv[2] ?? ''), undefined, undefined, () => process.disconnect());
