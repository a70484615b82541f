import type { SnmpCredentials, Target } from '../../../agent/config.ts';

export function target(name: string, more: Partial<Target> = {}): Target {
  return {
    name,
    host: '127.0.0.1',
    role: 'switch',
    intervalMs: 1000,
    snmp: undefined,
    ping: undefined,
    tags: {},
    ...more,
  };
}

export function community(port: number, more: Partial<SnmpCredentials> = {}): SnmpCredentials {
  const base = { version: '2c', community: 'tests-only', port, timeout: 250, retries: 1, max_repetitions: 20 } as const;
  return { ...base, ...more } as SnmpCredentials;
}

export function user(
  port: number,
  user: { readonly name: string; readonly authKey: string; readonly privKey: string },
): SnmpCredentials {
  return {
    version: '3',
    user: user.name,
    auth_protocol: 'sha256',
    auth_key: user.authKey,
    priv_protocol: 'aes',
    priv_key: user.privKey,
    context: '',
    port,
    timeout: 500,
    retries: 1,
    max_repetitions: 20,
  };
}
