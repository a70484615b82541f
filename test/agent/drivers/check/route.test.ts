import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findGateway, hasRoute } from '../../../../agent/drivers/check/route.ts';
import { defaultGateway } from '../../../../agent/drivers/check/route-table.ts';

const HEAD = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT';
const four = (...rows: string[]): string => [HEAD, ...rows, ''].join('\n');
const zeros = '0'.repeat(32);

describe('the default gateway of a route table', () => {
  it.each<[what: string, four: string, six: string, gateway: string | undefined]>([
    ['of one network card', four('eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0'), '', '192.168.1.1'],
    [
      'of two: the one with the lower metric',
      four(
        'wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
        'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
        'eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
      ),
      '',
      '192.168.1.1',
    ],
    ['that is down', four('eth0\t00000000\t0101A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0'), '', undefined],
    ['without a gateway (a tunnel)', four('ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0'), '', undefined],
    [
      'that leads to half of the internet only',
      four('tun0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0'),
      '',
      undefined,
    ],
    [
      'of IPv6 alone, with the interface that its address needs',
      four(),
      `${zeros} 00 ${zeros} 00 fe800000000000000000000000000001 00000400 00000003 00000000 00000003     eth0`,
      'fe80:0:0:0:0:0:0:1%eth0',
    ],
    [
      'of IPv6 that is refused (`unreachable default`)',
      four(),
      `${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo`,
      undefined,
    ],
    ['of a file that is none', 'what is this', '\u0000', undefined],
  ])('%s', (_what, text, six, gateway) => expect(defaultGateway(text, six)).toBe(gateway));
});

it('any text makes an address of a gateway, or none', () => {
  const word = fc.oneof(fc.constantFrom('00000000', '0003', zeros, '00', '00000003', 'eth0'), fc.string());
  const table = fc
    .array(fc.array(word, { maxLength: 11 }).map((words) => words.join(' ')))
    .map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(table, table, (text, six) => {
      const found = defaultGateway(text, six);
      expect(found === undefined || isIP(found.replace(/%.*$/, '')) > 0).toBe(true);
    }),
  );
});

it('finds what `ip route` finds', async () => {
  const shown = /^default via (\S+)/m.exec(execFileSync('ip', ['route'], { encoding: 'utf8' }))?.[1];
  if (shown !== undefined) expect(await findGateway()).toBe(shown);
});

it('finds none where there is no such table', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bw-routes-'));
  try {
    expect(await findGateway(folder)).toBeUndefined();
    await writeFile(join(folder, 'route'), four('eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0'));
    expect(await findGateway(folder)).toBe('192.168.1.1');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('knows whether there is a way to an address, without sending', async () => {
  expect(await hasRoute('127.0.0.1')).toBe(true);
  // There is no such network card.
  expect(await hasRoute('fe80::1%nosuchcard')).toBe(false);
});
