import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileCacheFolder, hasStripped } from '../../runtime/compile-cache.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cache-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

describe('the folder of compiled code', () => {
  const at = (name: string): string => join(dir, name);
  /** No folder can be made below a file, not even by root. */
  const unusable = (): string => {
    writeFileSync(at('file'), '');
    return at('file/cache');
  };

  it.each<[string, Record<string, string>, string]>([
    ['as the environment says', { NODE_COMPILE_CACHE: 'a', CACHE_DIRECTORY: 'b' }, 'a'],
    ["systemd's, the first of several", { CACHE_DIRECTORY: 'b:c' }, 'b'],
    ['beside the code', { XDG_CACHE_HOME: 'd' }, 'beside'],
  ])('is %s', (_name, env, expected) => {
    const absolute = Object.fromEntries(
      Object.entries(env).map(([key, value]) => [key, value.split(':').map(at).join(':')]),
    );
    expect(compileCacheFolder(absolute, at('beside'))).toBe(at(expected));
    expect(statSync(at(expected)).mode & 0o777).toBe(0o700);
  });

  it("is the user's own where the code cannot be written", () => {
    expect(compileCacheFolder({ XDG_CACHE_HOME: at('d') }, unusable())).toBe(at('d/bellwether'));
    expect(compileCacheFolder({ HOME: at('home') }, unusable())).toBe(at('home/.cache/bellwether'));
  });

  it('is none where nothing can be written, and nothing is wrong with that', () => {
    expect(compileCacheFolder({}, unusable())).toBeUndefined();
    expect(existsSync(at('file/cache'))).toBe(false);
  });

  it('is never one in which others write: what is in it is run', () => {
    mkdirSync(at('shared'));
    chmodSync(at('shared'), 0o777);
    expect(compileCacheFolder({ CACHE_DIRECTORY: at('shared') }, at('beside'))).toBe(at('beside'));
  });
});

it('the stripper is known by the name of its module', () => {
  expect(hasStripped(['NativeModule internal/deps/amaro/dist/index'])).toBe(true);
  expect(hasStripped(['NativeModule internal/modules/typescript'])).toBe(false);
  expect(hasStripped(undefined)).toBe(false);
});
