import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { productSources, withoutComments } from '../support/source-files.ts';

const sources = new Map(productSources().map((s) => [s.path, withoutComments(s.text)]));

/** What is loaded with a file: its imports of values, and theirs; each with the file that asks for it. */
function loadedWith(...entries: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    // Of `import type` nothing is left when it runs; what is imported with import() waits until then.
    for (const [, isType, target] of sources
      .get(path)!
      .matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?'([^']+)';/gm)) {
      if (isType || target === undefined) continue;
      const to = target.startsWith('.') ? normalize(join(dirname(path), target)) : target;
      if (found.has(to)) continue;
      found.set(to, path);
      if (sources.has(to)) visit(to);
    }
  };
  for (const entry of entries) visit(entry);
  return found;
}

it.each([
  ['zod', 'settings-process.ts reads and checks'],
  ['yaml', 'settings-process.ts reads and checks'],
  ['undici', 'http-client.ts pushes'],
  ['node:http', 'an import of it loads undici: see node-http.ts'],
  ['node:https', 'an import of it loads undici: see node-http.ts'],
  ['agent/drivers/trap-worker.ts', 'a thread, where traps are configured'],
  ['agent/commands.ts', 'discovery and the like stay out of the service'],
])('a running agent does not hold %s (%s)', (module) => {
  const loaded = loadedWith('agent/cli.ts', 'agent/app.ts');
  expect(loaded.has('agent/poll/loop.ts')).toBe(true);
  expect(loaded.get(module)).toBeUndefined();
});
