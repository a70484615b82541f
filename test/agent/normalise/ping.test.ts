import { expect, it } from 'vitest';
import { normalisePing, type PingResult } from '../../../agent/normalise/ping.ts';

it.each<[string, PingResult, object]>([
  [
    'answers and a loss',
    { code: 0, times: [1, undefined, 3, 2] },
    {
      result_code: 0n,
      packets_transmitted: 4n,
      packets_received: 3n,
      percent_packet_loss: 25,
      average_response_ms: 2,
      minimum_response_ms: 1,
      maximum_response_ms: 3,
      standard_deviation_ms: Math.sqrt(2 / 3),
      jitter_ms: 1.5,
    },
  ],
  [
    'one answer has no jitter',
    { code: 0, times: [4] },
    {
      result_code: 0n,
      packets_transmitted: 1n,
      packets_received: 1n,
      percent_packet_loss: 0,
      average_response_ms: 4,
      minimum_response_ms: 4,
      maximum_response_ms: 4,
      standard_deviation_ms: 0,
    },
  ],
  [
    'no answer has no times',
    { code: 0, times: [undefined, undefined] },
    { result_code: 0n, packets_transmitted: 2n, packets_received: 0n, percent_packet_loss: 100 },
  ],
  ['a name without address', { code: 1 }, { result_code: 1n }],
  ['not sent', { code: 2 }, { result_code: 2n }],
])('%s', (_name, result, fields) => {
  expect(normalisePing(result, 'ap.example', { device: 'ap' }, 7)).toEqual({
    measurement: 'ping',
    tags: { device: 'ap', url: 'ap.example' },
    fields,
    time: 7,
  });
});
