import { describe, expect, it } from 'vitest';
import { TAG } from '../../../agent/drivers/ber.ts';
import { Coalescer } from '../../../agent/trap/coalescer.ts';
import { Duplicates } from '../../../agent/trap/duplicates.ts';
import { EngineTimes, engineIdOf, inWindow, ownEngine } from '../../../agent/trap/engine-times.ts';
import { Findings } from '../../../agent/trap/findings.ts';
import { Inbox } from '../../../agent/trap/inbox.ts';
import type { TrapEvent } from '../../../agent/trap/meaning.ts';
import type { Notification } from '../../../agent/trap/notification.ts';
import { RateLimit } from '../../../agent/trap/rate-limit.ts';
import { TrapReceiving } from '../../../agent/trap/receive.ts';
import { v2cMessage } from '../../support/trap-message.ts';
import { target } from '../poll/fixture.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

function event(type: string, more: Partial<TrapEvent> = {}): TrapEvent {
  return {
    ...{ type, severity: 'warning', domain: 'switching', message: `${type} of 7`, clears: [], oid: '1.3.6.1' },
    ...{ interface: { ifIndex: '7' }, rule: `X::${type}`, detail: 'ifIndex.7=7', reread: 'interfaces' },
    ...more,
  };
}
const notification = (trapOid: string, uptime?: number): Notification => ({
  ...{ kind: 'trap', version: '2c', trapOid, uptime, enterprise: undefined, agentAddress: undefined, varbinds: [] },
});

describe('duplicates', () => {
  const down = event('link_down');
  const up = event('link_up', { clears: ['link_down'] });

  it('the same trap again at once is one; what was over in between is news', () => {
    const seen = new Duplicates();
    expect(seen.isRepeated('sw', notification('3', 500), down, 0)).toBe(false);
    expect(seen.isRepeated('sw', notification('3', 500), down, SECOND)).toBe(true);
    expect(seen.isRepeated('other', notification('3', 500), down, SECOND)).toBe(false);
    expect(seen.isRepeated('sw', notification('4', 600), up, 2 * SECOND)).toBe(false);
    expect(seen.isRepeated('sw', notification('3', 700), down, 3 * SECOND)).toBe(false);
  });

  it('an inform that is sent again until it is answered carries its old sysUpTime', () => {
    const seen = new Duplicates();
    expect(seen.isRepeated('sw', notification('3', 500), down, 0)).toBe(false);
    expect(seen.isRepeated('sw', notification('3', 510), down, 60 * SECOND)).toBe(true);
    expect(seen.isRepeated('sw', notification('3', 6_500), down, 61 * SECOND)).toBe(false);
  });

  it('are forgotten, the oldest first', () => {
    const seen = new Duplicates();
    for (let i = 0; i < 6_000; i++) seen.isRepeated(`d${i}`, notification('3'), down, 0);
    expect(seen.size).toBe(5_000);
  });
});

describe('many of the same', () => {
  const sw = target('sw');
  const told = (events: readonly { event: TrapEvent; count: number }[]) => events.map((e) => [e.event.type, e.count]);

  it('three a minute are told one by one, the rest at its end with its count, the last state last', () => {
    const coalescer = new Coalescer();
    const out: unknown[] = [];
    for (let i = 0; i < 20; i++) {
      const now = i * SECOND;
      out.push(...told(coalescer.take(sw, event(i % 2 ? 'link_up' : 'link_down'), now, now)));
    }
    expect(out).toEqual([
      ...[1, 2, 3].flatMap(() => [
        ['link_down', 1],
        ['link_up', 1],
      ]),
    ]);
    expect(told(coalescer.due(59 * SECOND))).toEqual([]);
    expect(told(coalescer.due(61 * SECOND))).toEqual([
      ['link_down', 7],
      ['link_up', 7],
    ]);
    // It goes on: only sums now, until a minute is quiet.
    expect(told(coalescer.take(sw, event('link_down'), 70 * SECOND, 70 * SECOND))).toEqual([]);
    expect(told(coalescer.due(122 * SECOND))).toEqual([['link_down', 1]]);
    expect(told(coalescer.due(200 * SECOND))).toEqual([]);
    expect(told(coalescer.take(sw, event('link_down'), 0, 201 * SECOND))).toEqual([['link_down', 1]]);
  });

  it('nothing that is held is lost: at the end, and when there are too many kinds', () => {
    const coalescer = new Coalescer();
    for (let i = 0; i < 5; i++) coalescer.take(sw, event('first'), i, 0);
    const out = Array.from({ length: 5_000 }, (_, i) => coalescer.take(sw, event('t', { message: `${i}` }), 10, 0));
    expect(coalescer.size).toBe(5_000);
    expect(told(out.flat()).filter(([type]) => type === 'first')).toEqual([['first', 2]]);
    for (let i = 0; i < 4; i++) coalescer.take(sw, event('last'), 20, 0);
    expect(told(coalescer.rest())).toEqual([['last', 1]]);
    expect(coalescer.size).toBe(0);
  });
});

describe('findings', () => {
  it('each source is told of once an hour, with how many it stands for', () => {
    const findings = new Findings();
    expect(findings.unknownSource('192.0.2.1', '1.3', 0)).toMatchObject({ type: 'trap_unknown_source', count: 1 });
    for (let i = 1; i <= 40; i++) expect(findings.unknownSource('192.0.2.1', '1.3', i)).toBeUndefined();
    expect(findings.refused('192.0.2.1', 'sw', 'bad_digest', 5)).toMatchObject({
      type: 'trap_unauthenticated',
      message: expect.stringMatching(/^A trap from sw \(192\.0\.2\.1\) was not accepted: its SNMPv3 digest is wrong/),
    });
    expect(findings.unknownSource('192.0.2.1', '1.3', HOUR)).toMatchObject({ count: 41 });
  });

  it('whoever forges addresses gets 200 lines an hour', () => {
    const findings = new Findings();
    const told = Array.from({ length: 5_000 }, (_, i) => findings.unknownSource(`10.0.0.${i}`, '1.3', i));
    expect(told.filter((f) => f !== undefined)).toHaveLength(200);
    expect(findings.size).toBe(200);
    expect(findings.unknownSource('192.0.2.1', '1.3', 2 * HOUR)).toBeDefined();
  });
});

describe('the share of each source', () => {
  const limits = {
    perSource: { perSecond: 1, burst: 3 },
    known: { perSecond: 2, burst: 5 },
    unknown: { perSecond: 1, burst: 2 },
  };
  const admitted = (limit: RateLimit, source: string, known: boolean, n: number, now: number): number =>
    Array.from({ length: n }, () => limit.admits(source, known, now)).filter(Boolean).length;

  it('comes back with time, and one that sends too much uses up nothing of the others', () => {
    const limit = new RateLimit(0, limits);
    expect(admitted(limit, 'a', true, 100, 0)).toBe(3);
    expect(admitted(limit, 'b', true, 100, 0)).toBe(2);
    expect(admitted(limit, 'x', false, 100, 0)).toBe(2);
    expect(admitted(limit, 'a', true, 100, 2 * SECOND)).toBe(2);
  });

  it('a flood of forged addresses leaves targets theirs, and the table its size', () => {
    const limit = new RateLimit(0, limits);
    for (let i = 0; i < 10_000; i++) limit.admits(`forged ${i}`, false, 0);
    expect(limit.size).toBe(2_048);
    expect(admitted(limit, 'a', true, 100, 0)).toBe(3);
  });
});

describe('the inbox', () => {
  const receiving = new TrapReceiving({ communities: ['c'], users: [] }, ownEngine(new Uint8Array(5), 0, 0));
  const trap = v2cMessage('c', '1.3.6.1.6.3.1.1.5.1', []);
  const inform = v2cMessage('c', '1.3.6.1.6.3.1.1.5.1', [], TAG.InformRequest);
  const endless = { perSecond: 1e9, burst: 1e9 };
  const inbox = (
    capacity: number,
    limit = new RateLimit(0, { perSource: endless, known: endless, unknown: endless }),
  ) => new Inbox({ receiving, limit, known: ['a'], capacity });

  it('10,000 traps that nobody takes: as many as fit are kept, the others counted, and no inform answered that is lost', () => {
    const full = inbox(1_000);
    for (let i = 0; i < 10_000; i++) full.take(trap, 'a', 0, 0);
    expect(full.waiting).toBe(1_000);
    expect(full.take(inform, 'a', 0, 0)).toBeUndefined();
    const first = full.report();
    expect(first.counts).toEqual({ accepted: 1_000, queue_full: 9_001 });
    expect(first.deliveries).toHaveLength(50);
    expect(full.report()).toMatchObject({ counts: {}, deliveries: { length: 50 } });
    expect(full.take(inform, 'a', 0, 0)?.length).toBe(inform.length);
  });

  it('says once what went wrong with us', () => {
    const broken = inbox(10);
    broken.failed('first');
    broken.failed('last');
    expect(broken.report()).toEqual({ deliveries: [], counts: { failed: 2 }, defect: 'last' });
    expect(broken.report()).toEqual({ deliveries: [], counts: {} });
  });

  it('10,000 traps in a second of one device: its share is taken, the others counted', () => {
    const limited = inbox(1_000, new RateLimit(0));
    for (let i = 0; i < 10_000; i++) limited.take(trap, 'a', i / 10, 0);
    expect(limited.report().counts).toEqual({ accepted: 319, rate_limited: 9_681 });
  });
});

describe('clocks of v3 senders', () => {
  it('a packet that is played again is too old, a device that restarted is not', () => {
    const times = new EngineTimes();
    expect(times.accepts('e', 5, 1_000, 0)).toBe(true);
    expect(times.accepts('e', 5, 1_010, 10 * SECOND)).toBe(true);
    expect(times.accepts('e', 5, 1_000, 100 * SECOND)).toBe(true);
    expect(times.accepts('e', 5, 1_000, 200 * SECOND)).toBe(false);
    expect(times.accepts('e', 6, 3, 200 * SECOND)).toBe(true);
    expect(times.accepts('e', 5, 9_999, 201 * SECOND)).toBe(false);
    expect(times.accepts('e', 2_147_483_647, 9_999, 201 * SECOND)).toBe(false);
  });

  it('our own goes on from start to start, and takes what is within 150 s', () => {
    const id = engineIdOf('agent-1');
    expect(Buffer.from(id).toString('hex')).toBe(`80007ed904${Buffer.from('agent-1').toString('hex')}`);
    const [first, next] = [1_790_000_000_000, 1_790_000_002_000].map((at) => ownEngine(id, at, 0));
    expect(next!.boots).toBeGreaterThan(first!.boots);
    expect(inWindow(first!, first!.boots, 150, 0)).toBe(true);
    expect(inWindow(first!, first!.boots, 151, 0)).toBe(false);
    expect(inWindow(first!, first!.boots - 1, 0, 0)).toBe(false);
  });
});
