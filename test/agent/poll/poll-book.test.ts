import { describe, expect, it } from 'vitest';
import { PollBook } from '../../../agent/poll/poll-book.ts';
import { pollMetrics } from '../../../agent/poll/poll-metrics.ts';
import type { SnmpPoll } from '../../../agent/poll/snmp-device.ts';
import { SelfMetrics } from '../../../runtime/self-metrics.ts';
import { pass, poll, START, silence } from './poll-fixture.ts';

const snmp = {};
const targets = (...names: string[]) => names.map((name) => ({ name, intervalMs: 60_000, snmp }));

function add(book: PollBook, device: string, one: SnmpPoll): void {
  book.of(device).polled(one, one.time + one.durationMs);
}

/** The agent's own metrics that stand there for devices, without the name's beginning. */
async function linesOf(metrics: SelfMetrics): Promise<string[]> {
  const lines = (await metrics.text()).split('\n').filter((line) => line.includes('{device='));
  return lines.map((line) => line.replace('bellwether_agent_', ''));
}

describe('over a reload', () => {
  it('a device that is still there goes on, one that is not is forgotten, and the totals never go back', () => {
    const book = new PollBook();
    book.begin(targets('a', 'b'));
    add(book, 'a', poll(START));
    add(book, 'b', poll(START));
    add(book, 'b', silence(START + 60_000));
    expect(book.totals()).toEqual({ ok: 2, failed: 1 });
    book.begin(targets('a', 'c'));
    add(book, 'a', poll(START));
    expect(book.totals()).toEqual({ ok: 3, failed: 1 });
    expect([...book.devices].map((stats) => [stats.device, stats.ok])).toEqual([
      ['a', 2],
      ['c', 0],
    ]);
    expect(() => book.of('b')).toThrow('b is not among the devices polled');
  });

  it('of a device that is no longer asked over SNMP only its pings are told', async () => {
    const book = new PollBook();
    const metrics = new SelfMetrics();
    const { pings } = pollMetrics(metrics, book);
    book.begin(targets('a', 'b'));
    for (const device of ['a', 'b']) {
      add(book, device, poll(START));
      pings.inc({ device, result: 'alive' });
    }
    book.begin([{ name: 'a', intervalMs: 60_000, snmp: undefined }]);
    pollMetrics(metrics, book).pings.inc({ device: 'a', result: 'silent' });
    expect(await linesOf(metrics)).toEqual([
      'pings_total{device="a",result="alive"} 1',
      'pings_total{device="a",result="silent"} 1',
    ]);
  });
});

describe('the metrics', () => {
  it('are read from the book at each scrape, under the names they always had', async () => {
    const book = new PollBook();
    const metrics = new SelfMetrics();
    const { pings } = pollMetrics(metrics, book);
    book.begin(targets('sw', 'new'));
    const sw = book.of('sw');
    add(book, 'sw', poll(START));
    add(book, 'sw', silence(START + 60_000));
    sw.withoutRate({ renumbered: 4 });
    sw.tickSkipped(2);
    sw.fault('late', '', START);
    sw.askedAnew('max-repetitions reduced to 10', START);
    sw.readFacts(pass('full', 'ok', 3), 1500, { sent: 40, answers: 39, retries: 1, timeouts: 1 });
    pings.inc({ device: 'sw', result: 'alive' });
    const expected = [
      'poll_duration_seconds{device="sw"} 4',
      'poll_interval_seconds{device="sw"} 60',
      'snmp_requests_total{device="sw"} 54',
      'snmp_responses_total{device="sw"} 51',
      'snmp_adaptations_total{device="sw"} 1',
      'snmp_timeouts_total{device="sw"} 3',
      'snmp_retries_total{device="sw"} 2',
      'poll_skipped_ticks_total{device="sw"} 2',
      'facts_samples_dropped_total{device="sw"} 3',
      'polls_total{device="sw",outcome="ok"} 1',
      'polls_total{device="sw",outcome="BW_SNMP_TIMEOUT"} 1',
      'snmp_faults_total{device="sw",fault="late"} 1',
      'interface_rates_missing_total{device="sw",reason="renumbered"} 4',
      'pings_total{device="sw",result="alive"} 1',
      'facts_duration_seconds{device="sw",kind="full"} 1.5',
      'facts_passes_total{device="sw",kind="full",outcome="ok"} 1',
    ];
    expect((await linesOf(metrics)).sort()).toEqual([...expected].sort());
    // A second look adds nothing.
    expect((await linesOf(metrics)).sort()).toEqual([...expected].sort());
    book.begin([]);
    expect(await linesOf(metrics)).toEqual([]);
  });
});
