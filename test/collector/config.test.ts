import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCollectorConfig } from '../../collector/config.ts';
import { ROOT } from '../support/source-files.ts';

const BASE = `rules: ["${join(ROOT, 'config/rules')}"]\nschools: ["${join(ROOT, 'config/engagements')}"]\n`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bw-collector-config-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What is said of BASE and `more`, without the file's name; the empty text when nothing is wrong. */
function problems(more: string): string {
  const file = join(dir, 'collector.yaml');
  writeFileSync(file, BASE + more);
  try {
    loadCollectorConfig(file);
    return '';
  } catch (error) {
    return (error as Error).message.replaceAll(`${file}:`, '');
  }
}

describe('a collector is not started on', () => {
  it.each([
    ['maintenance: every day', '3:14: maintenance: expected cron syntax such as */5 * * * *, got "every day"'],
    ['maintenance: "99 * * * *"', '3:14: maintenance: expected cron syntax such as */5 * * * *, got "99 * * * *"'],
    ['tick: 0s', '3:7: tick: expected a duration from 100ms to 10m, got "0s"'],
    ['tick: 60d', '3:7: tick: expected a duration from 100ms to 10m, got "60d"'],
    ['limits: { body: 0B }', '3:17: limits.body: expected a size of at least 64KiB, got "0B"'],
    ['trust_proxy: [proxy.lan]', '3:15: trust_proxy[0]: expected an address or range such as 10.0.0.7 or 10.0.0.0/24'],
  ])('%s', (more, said) => expect(problems(more)).toContain(said));
});

it.each(['maintenance: "0 */10 * * * *"', 'trust_proxy: [loopback, 10.0.0.7, "fd00::/8"]', 'tick: 1s'])(
  'takes %s',
  (more) => expect(problems(more)).toBe(''),
);
