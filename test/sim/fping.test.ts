import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { fpingArguments, parseFping } from '../../agent/drivers/fping.ts';
import { PingControl } from '../../sim/control.ts';
import { formatResults, formatRtt, parseFpingArgs, parseTargetList } from '../../sim/fping-format.ts';
import { runTool } from './snmp-tools.ts';

const STAND_IN = fileURLToPath(new URL('../../sim/fping.ts', import.meta.url));
const controls: PingControl[] = [];

afterEach(async () => {
  await Promise.all(controls.splice(0).map((c) => c.stop()));
});

async function control(ping: (address: string) => number | undefined): Promise<string> {
  const server = new PingControl(ping);
  controls.push(server);
  return server.start();
}

function standIn(url: string, args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return runTool(process.execPath, [STAND_IN, ...args], { ...process.env, BELLWETHER_SIM_CONTROL: url });
}

/** The same text with every number replaced, so that two runs can be compared. */
const shape = (text: string): string => text.replace(/(?<= )\d+(\.\d+)?(?= |$)/gm, 'N');

describe('the stand-in for fping', () => {
  // The broadcast address is refused by the kernel without a permission that fping does not ask for: a lost ping that leaves no machine.
  const addresses = ['127.0.0.1', '255.255.255.255', '127.20.0.5'];
  // As the agent calls it.
  const args = fpingArguments({ addresses, count: 3, periodMs: 20, timeoutMs: 100 });

  it('prints the same as the real one for the same input, with the same exit code', async () => {
    const url = await control((address) => (address.startsWith('127.') ? 0.31 : undefined));
    const [real, fake] = [await runTool('fping', args), await standIn(url, args)];
    expect(shape(fake.err)).toBe(shape(real.err));
    expect(fake.err).toContain('255.255.255.255 : - - -\n');
    expect(fake.err).toContain('127.0.0.1       : 0.310 0.310 0.310\n');
    expect([fake.out, fake.code]).toEqual([real.out, real.code]);
    const [realTimes, fakeTimes] = [parseFping(real.err), parseFping(fake.err)];
    expect([...fakeTimes.keys()]).toEqual([...realTimes.keys()]);
    for (const address of addresses)
      expect(fakeTimes.get(address)?.map((t) => t !== undefined)).toEqual(
        realTimes.get(address)?.map((t) => t !== undefined),
      );
    const alive = args.filter((a) => !a.startsWith('255'));
    expect((await standIn(url, alive)).code).toBe((await runTool('fping', alive)).code);
  });

  it('says its version and refuses an unknown option as the real one does', async () => {
    const [real, fake] = [await runTool('fping', ['-v']), await standIn('http://127.0.0.1:1', ['-v'])];
    for (const { out, code } of [real, fake])
      expect([out.split('\n')[0], code]).toEqual([expect.stringMatching(/^fping: Version \d/), 0]);
    const wrong = ['-C', '2', '-q', '-Z', '127.0.0.1'];
    expect((await standIn('http://127.0.0.1:1', wrong)).code).toBe((await runTool('fping', wrong)).code);
  });

  it('shows a device that dies between two rounds', async () => {
    let asked = 0;
    const url = await control(() => (++asked <= 2 ? 1.25 : undefined));
    const { err, code } = await standIn(url, ['-C4', '-qp10', '-t10', '127.20.0.21']);
    expect(err).toBe('127.20.0.21 : 1.25 1.25 - -\n');
    expect(code).toBe(0);
  });

  it('counts an answer later than the timeout as lost', async () => {
    const url = await control(() => 80);
    expect((await standIn(url, ['-C', '1', '-q', '-t', '50', '127.20.0.21'])).err).toBe('127.20.0.21 : -\n');
  });

  it('says so when the school cannot be reached', async () => {
    const { err, code } = await standIn('http://127.0.0.1:1', ['-C', '1', '-q', '127.20.0.21']);
    expect(err).toMatch(/^fping: /);
    expect(code).toBe(4);
  });
});

describe('fping formats', () => {
  it.each([
    [0.0123, '0.012'],
    [0.9999, '1.000'],
    [1, '1.00'],
    [9.999, '10.00'],
    [12.34, '12.3'],
    [123.4, '123'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatRtt(ms)).toBe(text);
  });

  it('pads names to the longest', () => {
    expect(
      formatResults([
        { target: '127.0.0.1', rtts: [0.5, null] },
        { target: '127.20.0.31', rtts: [null, null] },
      ]),
    ).toBe('127.0.0.1   : 0.500 -\n127.20.0.31 : - -\n');
  });

  it('reads options as getopt does', () => {
    expect(parseFpingArgs(['-qC5', '-p', '20', '-t30', 'a', 'b'])).toEqual({
      count: 5,
      periodMs: 20,
      timeoutMs: 30,
      targets: ['a', 'b'],
      version: false,
    });
    expect(parseFpingArgs(['-C', '0', '-q', 'a'])).toBeUndefined();
    expect(parseFpingArgs(['-C', '1', 'a'])).toBeUndefined();
    expect(parseFpingArgs(['-C', '1', '-q', '-f', '/etc/hosts'])).toBeUndefined();
  });

  it('reads targets from lines, skipping comments', () => {
    expect(parseTargetList('127.0.0.1\n# no\n\n 127.0.0.2 # x\n')).toEqual(['127.0.0.1', '127.0.0.2']);
  });
});
