import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Options of net-snmp's tools for who sends. */
export type Sender = readonly string[];

export const v1: Sender = ['-v1', '-c', 'tests-only'];
export const v2c: Sender = ['-v2c', '-c', 'tests-only'];

export interface V3 {
  readonly user: string;
  readonly auth?: readonly [protocol: string, key: string];
  readonly priv?: readonly [protocol: string, key: string];
  /** For traps, whose sender is the authority; informs find out the receiver's. */
  readonly engine?: string;
}

export function v3({ user, auth, priv, engine }: V3): Sender {
  const level = priv ? 'authPriv' : auth ? 'authNoPriv' : 'noAuthNoPriv';
  return [
    ...['-v3', '-u', user, '-l', level],
    ...(auth ? ['-a', auth[0], '-A', auth[1]] : []),
    ...(priv ? ['-x', priv[0], '-X', priv[1]] : []),
    ...(engine ? ['-e', engine] : []),
  ];
}

/** Sends with Debian's snmptrap; `rest` as its manual says: uptime, OID, varbinds (for v1: enterprise, agent, generic, specific, uptime, varbinds). */
export async function snmptrap(
  port: number,
  sender: Sender,
  rest: readonly string[],
  from = '127.0.0.1',
): Promise<void> {
  await tool('snmptrap', port, sender, rest, from);
}

/** Sends with snmpinform and waits for the answer. False when there was none. */
export async function snmpinform(port: number, sender: Sender, rest: readonly string[]): Promise<boolean> {
  try {
    await tool('snmpinform', port, ['-t', '2', '-r', '2', ...sender], rest, '127.0.0.1');
    return true;
  } catch {
    return false;
  }
}

async function tool(name: string, port: number, sender: Sender, rest: readonly string[], from: string): Promise<void> {
  // Each has its own: they write their engine id and boots there.
  const folder = mkdtempSync(join(tmpdir(), 'bw-snmptrap-'));
  try {
    const env = { ...process.env, SNMP_PERSISTENT_DIR: folder, SNMPCONFPATH: folder, MIBS: '' };
    await run(name, [...sender, `--clientaddr=${from}`, `udp:127.0.0.1:${port}`, ...rest], { env, timeout: 20_000 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
