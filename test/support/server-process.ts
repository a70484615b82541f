import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './process.ts';

/** A real server started for a test, on 127.0.0.1, with a folder of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly folder: string;
  readonly pid: number;
  /** Ends the process, waits for it, and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

export interface ServerSpec {
  readonly command: string;
  /** Debian package, for the message when the command is missing. */
  readonly debianPackage: string;
  /** Where it answers once it is up. */
  readonly url: string;
  readonly folder: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const UP_WITHIN_MS = 30_000;

/** Starts a server and waits until `/ping` or `/health` of its HTTP port answers. Rejects, saying why, when it is not installed or ends early. */
export async function startServer(spec: ServerSpec, path: string): Promise<ServerProcess> {
  let output = '';
  const child = spawn(spec.command, spec.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...spec.env },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ENOENT'
          ? `${spec.command} is not installed: run scripts/install-test-servers.sh (Debian package ${spec.debianPackage})`
          : error.message,
      ),
    );
    child.once('exit', (code, signal) => resolve(`${spec.command} ended (${signal ?? code}): ${output}`));
  });
  const stop = async (): Promise<void> => {
    await endProcess(child, ended);
    await rm(spec.folder, { recursive: true, force: true });
  };
  const failure = await Promise.race([ended, answers(`${spec.url}${path}`).catch((error: Error) => error.message)]);
  if (failure !== undefined) {
    await stop();
    throw new Error(failure);
  }
  return { url: spec.url, folder: spec.folder, pid: child.pid!, stop };
}

async function answers(url: string): Promise<undefined> {
  await until(`an answer from ${url}`, UP_WITHIN_MS, async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  });
}

async function endProcess(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const patience = AbortSignal.timeout(10_000);
  patience.addEventListener('abort', () => child.kill('SIGKILL'));
  await ended;
}

export function temporaryFolder(name: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `bellwether-${name}-`));
}
