import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { errorMessage } from '../core/errors.ts';
import { ConfigError } from '../runtime/config-error.ts';
import type { Settings } from './settings.ts';
import type { SettingsMessage } from './settings-channel.ts';

const ENTRY = fileURLToPath(new URL('./settings-process.ts', import.meta.url));
/** Several thousand targets and another project's thousands of profiles take some seconds. */
const TIMEOUT_MS = 120_000;

export interface ReaderOptions {
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  /** For tests: another program. */
  readonly entry?: string;
  readonly timeoutMs?: number;
}

/**
 * `loadSettings` in a process of its own, which ends. What reads YAML and checks it, and the garbage of reading some 200 profiles, would hold 24 MB
 * in the agent for as long as it runs (a thread's memory stays as well).
 *
 * @throws ConfigError with every problem of `file`; Error when the process cannot be started, fails or is ended
 */
export function readSettings(file: string, options: ReaderOptions = {}): Promise<Settings> {
  const { signal, entry = ENTRY, timeoutMs = TIMEOUT_MS } = options;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${file} could not be read: ${why}`));
    let said: SettingsMessage | undefined;
    const child = fork(entry, [file], {
      // Maps, sets and patterns arrive as they are.
      serialization: 'advanced',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    });
    child.on('message', (message) => (said = message as SettingsMessage));
    child.once('error', (error) => fail(errorMessage(error)));
    child.once('close', (code, ended) => {
      if (said?.kind === 'settings') resolve(said.settings);
      else if (said?.kind === 'invalid') reject(new ConfigError(said.problems));
      else fail(said?.reason ?? `the process that reads it ended with ${code ?? ended}`);
    });
  });
}
