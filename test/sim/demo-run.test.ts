import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DOMAIN_RULE } from '../../sim/demo-files.ts';
import { freePort } from '../../sim/free-port.ts';
import { ROOT } from '../support/source-files.ts';

const running: Demo[] = [];
afterEach(async () => {
  for (const { child, code } of running.splice(0)) {
    child.kill('SIGTERM');
    await code;
  }
});

/** The demo as a process of its own, and what it printed so far. */
class Demo {
  readonly child: ChildProcess;
  readonly code: Promise<number | null>;
  shown = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [join(ROOT, 'sim/main.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.shown += text;
    });
    this.code = once(this.child, 'close').then(([status]) => status as number | null);
    running.push(this);
  }

  async printed(pattern: RegExp): Promise<void> {
    await expect.poll(() => this.shown, { timeout: 20_000 }).toMatch(pattern);
  }

  get page(): string {
    return /page +(http:\S+)/.exec(this.shown)![1]!;
  }

  get folder(): string {
    return /files +(\S+)/.exec(this.shown)![1]!;
  }

  /** Resolves when the collector no longer answers. */
  async collectorGone(): Promise<void> {
    const answer = (): Promise<string> =>
      fetch(`${this.page}/livez`).then(
        () => 'up',
        () => 'down',
      );
    await expect.poll(answer, { timeout: 15_000 }).toBe('down');
  }
}

/** The time, in s, of the first happening whose text (with the lines under it) matches. */
function when(out: string, pattern: RegExp): number {
  const happenings = out.split(/\n(?= *\d+\.\ds {2})/);
  return Number(
    happenings
      .find((h) => pattern.test(h))
      ?.trim()
      .split('s')[0],
  );
}

describe('npm start', () => {
  it('tells who is responsible for the faults, and that they are over, on time', { timeout: 100_000 }, async () => {
    const demo = new Demo('--for', '56s', '--port', String(await freePort()));
    const code = await demo.code;
    const { shown } = demo;
    const at = (pattern: RegExp) => expect(when(shown, pattern), `${pattern} in\n${shown}`);
    at(/page +http:\/\/127\.0\.0\.1:\d+ +admin token: \S+/).toBeLessThan(10);
    at(/fault .*saturates/).toBeCloseTo(15, 0);
    at(/phone .*provider.*access points at main are down.*Responsible: provider, because/s).toBeLessThan(35);
    at(/phone .*Kim.*errors a second.*Responsible: internal, because/s).toBeLessThan(35);
    at(/RESOLVED.*access points/s).toBeLessThan(50);
    expect(shown).toContain(`${DOMAIN_RULE}: 3 of 8 access points`);
    expect(shown).toMatch(/polls done +[1-9][\d,]*\n/);
    expect(shown).toMatch(/points stored +[1-9][\d,]*\n/);
    expect(code).toBe(0);
    expect(existsSync(demo.folder)).toBe(false);
  });

  it('ends early with what is missing, exit 1', async () => {
    const demo = new Demo('--for', '1s', '--port', String(await freePort()));
    expect(await demo.code).toBe(1);
    expect(demo.shown).toMatch(/result +missing: /);
  });

  it('takes another port when its own is in use, and says so; Ctrl-C ends it, leaving nothing behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const demo = new Demo('--port', String(port));
    await demo.printed(/agent +polls/);
    expect(demo.shown).toContain(`port ${port} is in use; taking `);
    expect((await fetch(`${demo.page}/livez`)).status).toBe(200);
    demo.child.kill('SIGINT');
    expect(await demo.code).toBe(0);
    await expect(fetch(`${demo.page}/livez`)).rejects.toThrow();
    expect(existsSync(demo.folder)).toBe(false);
    taken.close();
  });

  it('runs twice when started twice at the same moment', async () => {
    const port = String(await freePort());
    const demos = [new Demo('--port', port), new Demo('--port', port)];
    await Promise.all(demos.map((demo) => demo.printed(/admin token: \S+[\s\S]*agent +polls/)));
    expect(new Set(demos.map((demo) => demo.page)).size).toBe(2);
    expect(demos.filter((demo) => demo.shown.includes('taking'))).toHaveLength(1);
  });

  it('asked twice, ends at once, and its children after it', async () => {
    const demo = new Demo('--port', String(await freePort()));
    await demo.printed(/admin token/);
    demo.child.kill('SIGTERM');
    demo.child.kill('SIGINT');
    expect([0, 130]).toContain(await demo.code);
    await demo.collectorGone();
    expect(existsSync(demo.folder)).toBe(false);
  });

  it('killed, takes its children with it', async () => {
    const demo = new Demo('--port', String(await freePort()));
    await demo.printed(/agent +polls/);
    demo.child.kill('SIGKILL');
    await demo.code;
    await demo.collectorGone();
    rmSync(demo.folder, { recursive: true });
  });
});
