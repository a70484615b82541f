import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { handleSignals, Lifecycle } from '../../runtime/lifecycle.ts';
import { createLogger } from '../../runtime/logger.ts';
import { FakeClock } from '../support/fake-clock.ts';

const lifecycle = (): Lifecycle => new Lifecycle(createLogger('test', 'silent'), new FakeClock());

describe('Lifecycle', () => {
  it('undoes in reverse order, once', async () => {
    const life = lifecycle();
    const undone: string[] = [];
    for (const name of ['a', 'b', 'c']) life.onStop(name, () => void undone.push(name));
    await Promise.all([life.stop('test'), life.stop('again')]);
    await life.stopped;
    expect(undone).toEqual(['c', 'b', 'a']);
  });

  it('goes on when a part fails to stop, and stops when one fails', async () => {
    const life = lifecycle();
    const undone: string[] = [];
    life.onStop('a', () => void undone.push('a'));
    life.onStop('b', () => Promise.reject(new Error('stuck')));
    life.run('loop', () => Promise.reject(new Error('broken')));
    await life.stopped;
    expect(undone).toEqual(['a']);
    expect(life.exitCode).toBe(1);
  });

  it('undoes what starts while it is stopping, and what starts after', async () => {
    const life = lifecycle();
    const undone: string[] = [];
    life.onStop('first', () => life.onStop('meanwhile', () => void undone.push('meanwhile')));
    await life.stop('test');
    life.onStop('after', () => void undone.push('after'));
    await life.stop('again');
    expect(undone).toEqual(['meanwhile', 'after']);
  });
});

describe('handleSignals', () => {
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  let before: Map<string, readonly unknown[]>;
  beforeEach(() => {
    before = new Map(names.map((name) => [name, process.listeners(name)]));
  });
  afterEach(() => {
    for (const name of names) {
      for (const listener of process.listeners(name))
        if (!before.get(name)!.includes(listener)) process.off(name, listener);
    }
  });

  it('reloads on SIGHUP until it stops, and survives one that comes then', async () => {
    const life = lifecycle();
    const reload = vi.fn();
    handleSignals(life, reload);
    process.emit('SIGHUP', 'SIGHUP');
    expect(reload).toHaveBeenCalledTimes(1);
    process.emit('SIGTERM', 'SIGTERM');
    await life.stopped;
    expect(process.emit('SIGHUP', 'SIGHUP')).toBe(true);
    expect(reload).toHaveBeenCalledTimes(1);
  });
});
