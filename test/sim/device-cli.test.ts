import { afterEach, describe, expect, it } from 'vitest';
import { TestProcess, until } from '../support/process.ts';
import { NUMERIC, runTool } from './snmp-tools.ts';

describe('sim/main.ts device', () => {
  let device: TestProcess | undefined;
  afterEach(async () => {
    await device?.end();
    device = undefined;
  });
  const start = (...args: string[]): TestProcess => {
    device = new TestProcess(process.execPath, ['sim/main.ts', 'device', ...args]);
    return device;
  };

  it('is a switch that says where it listens, speaks v2c and authPriv, and ends on SIGTERM', async () => {
    const keys = ['--auth-phrase', 'auth-phrase', '--priv-protocol', 'aes256r', '--priv-phrase', 'priv-phrase'];
    const child = start('--ports', '6', '--community', 'room', '--user', 'ops', '--auth-protocol', 'sha512', ...keys);
    const { port, engineId } = await until('its address', 10_000, () =>
      child.stdout.includes('\n') ? (JSON.parse(child.stdout) as { port: number; engineId: string }) : undefined,
    );
    expect(engineId).toMatch(/^80007ed905[0-9a-f]{16}$/);
    const host = `127.0.0.1:${port}`;
    const v3 = ['-v3', '-l', 'authPriv', '-u', 'ops', '-a', 'SHA-512', '-A', 'auth-phrase'];
    const secured = [...v3, '-x', 'AES-256-C', '-X', 'priv-phrase'];
    for (const how of [['-v2c', '-c', 'room'], secured]) {
      const { out } = await runTool('snmpbulkwalk', [...NUMERIC, ...how, host, '1.3.6.1.2.1.31.1.1.1.1']);
      expect(out.trim().split('\n').at(-1)).toBe('.1.3.6.1.2.1.31.1.1.1.1.6 = STRING: "Te1/1/4"');
    }
    expect(await child.end()).toBe(0);
  });

  it.each([
    [['--priv-phrase', 'x'], /a phrase needs --user/],
    [['--user', 'u', '--priv-phrase', 'x'], /--priv-phrase needs --auth-phrase/],
    [['--user', 'u', '--auth-phrase', 'x', '--auth-protocol', 'sha1'], /--auth-protocol: expected one of md5/],
    [['--port', '70000'], /--port: expected a number from 0 to 65535, got "70000"/],
    [['--ports', 'x'], /--ports: expected a number/],
  ])('%j is refused', async (args, words) => {
    const { code, err } = await runTool(process.execPath, ['sim/main.ts', 'device', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(words);
  });
});
