// This file and its callers must load on every Node, as plain script without types or import statements: an older one would
// otherwise die with a loader error instead of saying what it needs.

const NEEDED = 24;

// V8 sizes its heap by the machine's memory, not by what the program needs: the same agent holds 360 MB on a 24 GB server and 200 MB or less with
// these. It collects when the old space grew by a fifth: by half, as it was, a burst of roll-ups filled 15 MB of pages which V8 then kept for good.
// Node takes flags on its command line only, so the process replaces itself once, keeping its id.
// The agent has no such bursts, and at a thousand devices a fifth of its CPU went into collecting: it may grow by half.
const V8_FLAGS = {
  collector: ['--max-semi-space-size=8', '--heap-growing-percent=20'],
  agent: ['--max-semi-space-size=4', '--heap-growing-percent=50'],
};

// glibc's malloc: two arenas instead of eight a core, and its thresholds fixed at their defaults. Left to itself it raises them after the first
// large blocks (a push, a roll-up) and then keeps such blocks in the process.
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

// Set when the cache was filled by the image before: once is enough, also where it could not be written.
const FILLED = 'BELLWETHER_CACHE_FILLED';

// @ts-expect-error: a type here would be a syntax error on an older Node
module.exports = async (role) => {
  if (Number(process.versions.node.split('.')[0]) < NEEDED) {
    process.stderr.write(
      `bellwether needs Node ${NEEDED} or newer, this is ${process.version}. The project brings its own: npx --no-install node ${process.argv[1]} ...\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { compileCacheFolder, hasStripped, keepCompiled } = await import('../runtime/compile-cache.ts');
  const isService = process.argv[2] === 'run' && process.execve !== undefined;
  const isFirst = !process.execArgv.join(' ').includes('--max-semi-space-size');
  const flags = !isFirst ? [] : role === 'agent' ? V8_FLAGS.agent : V8_FLAGS.collector;
  // Node reads flags and its environment only when it starts.
  const again = () =>
    process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...flags, ...process.argv.slice(1)], {
      ...MALLOC,
      ...process.env,
    });
  if (isService && isFirst) {
    const folder = compileCacheFolder(process.env);
    if (folder !== undefined) process.env.NODE_COMPILE_CACHE = folder;
    again();
  }
  const cli = await import(`../${role}/cli.ts`);
  if (isService && role !== 'sim' && process.env.NODE_COMPILE_CACHE && !process.env[FILLED]) {
    await import(`../${role}/app.ts`);
    // The first start after the code has changed: nothing is open yet, and the next image finds everything ready.
    if (hasStripped()) {
      keepCompiled();
      process.env[FILLED] = '1';
      again();
    }
  }
  await cli.main(process.argv.slice(2));
};
