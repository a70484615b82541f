import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { defaultGateway } from './route-table.ts';

/** Whether this machine has a way to `address` at all. Nothing is sent: connecting a UDP socket only looks the route up. */
export function hasRoute(address: string): Promise<boolean> {
  const socket = createSocket(isIPv6(address.replace(/%.*$/, '')) ? 'udp6' : 'udp4');
  return new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    // 9 is the discard port; none is used.
    socket.connect(9, address, (error?: Error) => resolve(error === undefined || error === null));
  }).finally(() => socket.close());
}

/** The default gateway now, IPv4 before IPv6; undefined where there is none, or no such table (only Linux has it). */
export async function findGateway(folder = '/proc/net'): Promise<string | undefined> {
  const [four, six] = await Promise.all(
    ['route', 'ipv6_route'].map((name) => readFile(`${folder}/${name}`, 'utf8').catch(() => '')),
  );
  return defaultGateway(four!, six!);
}
