import { handleSignals, type Lifecycle } from './lifecycle.ts';

/**
 * Runs a service from its start to its end and returns its exit code. Signals are heeded from the first moment: an unheeded SIGHUP right after the
 * start would end the process, and systemd would take that for a clean end. One that comes during the start is a reload once it is over.
 *
 * @param start starts everything, registering with `lifecycle` how to undo it; resolves to what SIGHUP does
 * @throws what `start` throws, after undoing what had started
 */
export async function runService(lifecycle: Lifecycle, start: () => Promise<() => Promise<void>>): Promise<number> {
  // What it writes (spool, databases) is for its own user.
  process.umask(0o077);
  const started = Promise.withResolvers<() => Promise<void>>();
  handleSignals(lifecycle, () => void started.promise.then((reload) => reload()));
  try {
    started.resolve(await start());
  } catch (error) {
    const wasStopped = lifecycle.signal.aborted;
    await lifecycle.stop('start failed');
    // What fails after a stop in the middle of the start fails because of it.
    if (!wasStopped) throw error;
  }
  await lifecycle.stopped;
  return lifecycle.exitCode;
}
