import type { ConnectionAttempt } from '../../../../agent/drivers/check/attempt.ts';
import { checkConnection } from '../../../../agent/drivers/check/connection-check.ts';
import { hostAddresses } from '../../../../agent/drivers/check/host-addresses.ts';
import { createResolver } from '../../../../agent/drivers/resolve.ts';
import type { HttpCheck, TcpCheck, TlsCheck } from '../../../../agent/services/service.ts';
import { systemClock } from '../../../../runtime/clock.ts';

export const forever = new AbortController().signal;

/** One attempt with the real drivers; names go to `servers`. */
export function attemptAt(
  check: TcpCheck | TlsCheck | HttpCheck,
  timeoutMs = 5_000,
  servers: readonly string[] = ['127.0.0.1:9'],
): Promise<ConnectionAttempt> {
  const addresses = hostAddresses(createResolver(systemClock), servers);
  return checkConnection(check, addresses, systemClock, timeoutMs, forever);
}

export function httpCheck(url: string, more: Partial<HttpCheck> = {}): HttpCheck {
  return {
    type: 'http',
    url,
    method: 'GET',
    expectStatus: [[200, 399]],
    expectText: undefined,
    verify: true,
    ca: undefined,
    ...more,
  };
}
