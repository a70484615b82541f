import { afterEach, describe, expect, it } from 'vitest';
import { createFastDriver } from '../../../agent/drivers/fast/session.ts';
import { TextBuffer } from '../../../agent/normalise/ports/text-buffer.ts';
import { LayoutCache } from '../../../agent/poll/layout-cache.ts';
import { planPoll } from '../../../agent/poll/plan.ts';
import { SnmpDevice, type SnmpPoll } from '../../../agent/poll/snmp-device.ts';
import { EVERY_POLL_PROFILE } from '../../../agent/profile/bundle.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { encodeLines } from '../../../core/line-protocol-encode.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { OidTable } from '../../../sim/oid-table.ts';
import { SnmpResponder } from '../../../sim/responder.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { community, target } from './fixture.ts';

const MINUTE = 60_000;
const profile = loadProfiles().profiles.get(EVERY_POLL_PROFILE)!;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A switch whose counters go on with the fake clock, read by two agents: one by blocks, one in the plain way. */
class Stage {
  readonly clock = new FakeClock();
  readonly table = new OidTable();
  readonly why: string[] = [];
  readonly layouts = new LayoutCache();
  responder!: SnmpResponder;
  byBlocks!: SnmpDevice;
  plain!: SnmpDevice;
  readonly #ports = new Set<number>();
  #upSince = this.clock.monotonic() - 86_400_000;

  static async with(ports: readonly number[], slowEvery = 10): Promise<Stage> {
    const stage = new Stage();
    const { table } = stage;
    table
      .set('1.3.6.1.2.1.1.2', '0', { type: 'oid', value: '1.3.6.1.4.1.99999.1' })
      .set('1.3.6.1.2.1.1.3', '0', () => ({ type: 'timeticks', value: Math.floor(stage.#up() / 10) }))
      .set('1.3.6.1.2.1.1.5', '0', { type: 'octets', value: 'sw' })
      .set('1.3.6.1.2.1.31.1.5', '0', { type: 'timeticks', value: 1 });
    for (const i of ports) stage.port(i);
    stage.responder = new SnmpResponder({
      address: '127.0.0.1',
      port: 0,
      community: 'tests-only',
      device: table,
      clock: systemClock,
    });
    const { port } = await stage.responder.start();
    const open = (ports: boolean): SnmpDevice => {
      const device = new SnmpDevice({
        target: target('sw', { intervalMs: MINUTE }),
        credentials: community(port, { timeout: 2000 }),
        profile,
        plan: planPoll(profile),
        clock: stage.clock,
        resolve: async () => ({ address: '127.0.0.1', canonical: '127.0.0.1', family: 4 }),
        open: createFastDriver(stage.clock),
        onFault: () => {},
        onCause: (why) => stage.why.push(why),
        ...(ports ? { ports: { layouts: stage.layouts, slowEvery } } : {}),
      });
      closing.push(() => device.close());
      return device;
    };
    stage.byBlocks = open(true);
    stage.plain = open(false);
    closing.push(() => stage.responder.stop());
    return stage;
  }

  #up(): number {
    return this.clock.monotonic() - this.#upSince;
  }

  restart(): void {
    this.#upSince = this.clock.monotonic() - 1000;
  }

  port(i: number, name = `Gi1/0/${i}`): void {
    const count = (rate: number) => () => BigInt(i * 1000 + Math.floor((this.#up() * rate) / 1000));
    const column = (oid: string, value: () => bigint, type: 'counter32' | 'counter64') =>
      this.table.set(oid, `${i}`, () => ({ type, value: type === 'counter32' ? Number(value()) : value() }));
    this.table
      .set('1.3.6.1.2.1.2.2.1.2', `${i}`, { type: 'octets', value: name })
      .set('1.3.6.1.2.1.2.2.1.3', `${i}`, { type: 'integer', value: 6 })
      .set('1.3.6.1.2.1.2.2.1.7', `${i}`, { type: 'integer', value: 1 })
      .set('1.3.6.1.2.1.2.2.1.8', `${i}`, { type: 'integer', value: 1 })
      .set('1.3.6.1.2.1.31.1.1.1.1', `${i}`, { type: 'octets', value: name })
      .set('1.3.6.1.2.1.31.1.1.1.15', `${i}`, { type: 'gauge32', value: 1000 })
      .set('1.3.6.1.2.1.31.1.1.1.18', `${i}`, { type: 'octets', value: '' });
    column('1.3.6.1.2.1.2.2.1.14', count(0.1), 'counter32');
    column('1.3.6.1.2.1.2.2.1.20', count(0), 'counter32');
    column('1.3.6.1.2.1.31.1.1.1.6', count(12_500 * i), 'counter64');
    column('1.3.6.1.2.1.31.1.1.1.7', count(25 * i), 'counter64');
    column('1.3.6.1.2.1.31.1.1.1.10', count(7000), 'counter64');
    column('1.3.6.1.2.1.31.1.1.1.11', count(70), 'counter64');
    this.#ports.add(i);
    this.table.set('1.3.6.1.2.1.2.1', '0', { type: 'integer', value: this.#ports.size });
  }

  set(column: string, i: number, value: Parameters<OidTable['set']>[2]): void {
    this.table.set(column, `${i}`, value);
  }

  /** A minute later, both poll. Gives the blocks' poll, its lines and those of the plain way. */
  async poll(): Promise<{ poll: SnmpPoll; lines: string[]; plain: string[]; requests: number }> {
    await this.clock.advance(MINUTE);
    const signal = new AbortController().signal;
    const before = this.responder.stats.requests;
    const poll = await this.byBlocks.poll(signal);
    const requests = this.responder.stats.requests - before;
    const out = new TextBuffer();
    poll.write?.(out);
    const samples = (p: SnmpPoll): string => encodeLines(p.samples, 'ms');
    const plain = await this.plain.poll(signal);
    return { poll, lines: sorted(out.written + samples(poll)), plain: sorted(samples(plain)), requests };
  }
}

function sorted(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [head, fields, time] = line.split(/(?<!\\) /);
      return `${head} ${fields!.split(',').sort().join()} ${time}`;
    })
    .sort();
}

const PORTS = Array.from({ length: 12 }, (_, k) => k + 1);

describe('interfaces read by blocks', () => {
  it('are what the plain way reads, in a fraction of the requests', async () => {
    const stage = await Stage.with(PORTS, 2);
    const first = await stage.poll();
    expect(first.lines).toEqual(first.plain);
    for (let n = 0; n < 4; n++) {
      const { poll, lines, plain, requests } = await stage.poll();
      expect(poll.outcome).toBe('ok');
      expect(poll.write).toBeDefined();
      expect(lines).toEqual(plain);
      expect(lines).toHaveLength(12 + 1);
      expect(poll.stats).toMatchObject({ sent: requests, answers: requests });
      expect(lines[0]).toMatch(/in_bits_per_s=\d+,in_errors_per_s=0\.1/);
      expect(requests).toBeLessThan(first.requests / 2);
    }
    expect(stage.why).toEqual([]);
  });

  it('one that looks like another needs no reading in the plain way', async () => {
    const stage = await Stage.with(PORTS);
    const signal = new AbortController().signal;
    await stage.poll();
    const before = stage.responder.stats.requests;
    stage.byBlocks.close();
    const twin = await Stage.with(PORTS);
    twin.byBlocks = new SnmpDevice({
      target: target('sw', { intervalMs: MINUTE }),
      credentials: community((await stage.responder.start()).port),
      profile,
      plan: planPoll(profile),
      clock: stage.clock,
      resolve: async () => ({ address: '127.0.0.1', canonical: '127.0.0.1', family: 4 }),
      open: createFastDriver(stage.clock),
      onFault: () => {},
      ports: { layouts: stage.layouts, slowEvery: 10 },
    });
    closing.push(() => twin.byBlocks.close());
    const poll = await twin.byBlocks.poll(signal);
    const out = new TextBuffer();
    expect(poll.write?.(out).lines).toBe(12 + 1);
    expect(out.written.toString()).toContain('ifName=Gi1/0/12');
    expect(out.written.toString()).not.toContain('_per_s');
    expect(stage.responder.stats.requests - before).toBeLessThan(8);
  });

  it.each([
    ['at the end', 13],
    ['in between', 5],
  ])('a port that appears %s is there at once', async (_where, added) => {
    const stage = await Stage.with(PORTS.filter((i) => i !== added));
    await stage.poll();
    await stage.poll();
    stage.port(added);
    const { poll, lines, plain } = await stage.poll();
    expect(poll.outcome).toBe('ok');
    expect(lines.some((l) => l.includes(`ifIndex=${added},`))).toBe(true);
    expect(lines).toEqual(plain);
    expect(stage.why).toEqual(['the interface table has changed']);
    const after = await stage.poll();
    expect(after.lines).toEqual(after.plain);
    expect(after.poll.write).toBeDefined();
  });

  it('after a restart nothing is taken from before', async () => {
    const stage = await Stage.with(PORTS);
    await stage.poll();
    await stage.poll();
    stage.restart();
    const { poll, lines, plain } = await stage.poll();
    expect(stage.why).toEqual(['the device restarted']);
    expect(poll.withoutRate).toEqual({ rebooted: 12 });
    expect(lines).toEqual(plain);
  });

  it('a port that goes down brings the settings of all with it', async () => {
    const stage = await Stage.with(PORTS);
    await stage.poll();
    await stage.poll();
    stage.set('1.3.6.1.2.1.2.2.1.7', 3, { type: 'integer', value: 2 });
    const unseen = await stage.poll();
    expect(unseen.lines.find((l) => l.includes('ifIndex=3,'))).toContain('ifAdminStatus=1i');
    stage.set('1.3.6.1.2.1.2.2.1.8', 3, { type: 'integer', value: 2 });
    const { lines, plain } = await stage.poll();
    expect(lines.find((l) => l.includes('ifIndex=3,'))).toMatch(/ifAdminStatus=2i.*ifOperStatus=2i/);
    expect(lines).toEqual(plain);
  });

  it('ifTableLastChange brings new names, and a port that became another gets no rate', async () => {
    const stage = await Stage.with(PORTS);
    await stage.poll();
    await stage.poll();
    stage.port(4, 'Te1/1/1');
    stage.set('1.3.6.1.2.1.31.1.1.1.18', 5, { type: 'octets', value: 'room 5' });
    stage.table.set('1.3.6.1.2.1.31.1.5', '0', { type: 'timeticks', value: 2 });
    const { lines, plain } = await stage.poll();
    expect(lines).toEqual(plain);
    expect(lines.find((l) => l.includes('ifName=Te1/1/1'))).not.toContain('_per_s');
    expect(lines.find((l) => l.includes('ifAlias=room\\ 5'))).toContain('in_bits_per_s');
  });

  it('short answers are no loss: less is asked for from then on', async () => {
    const stage = await Stage.with(PORTS);
    await stage.poll();
    await stage.poll();
    stage.responder.behaviour = { maxRows: 10 };
    const { poll, lines, plain } = await stage.poll();
    expect(poll.outcome).toBe('ok');
    expect(lines).toEqual(plain);
    expect(stage.why[0]).toMatch(/answers of \d+ octets at most/);
  });
});
