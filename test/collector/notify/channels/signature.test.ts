import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { decodeSecret, signature } from '../../../../collector/notify/channels/signature.ts';

/** 24 bytes 00..17 and 64 bytes 00..3f. */
const SHORT = `whsec_${Buffer.from(Array.from({ length: 24 }, (_, i) => i)).toString('base64')}`;
const LONG = `whsec_${Buffer.from(Array.from({ length: 64 }, (_, i) => i)).toString('base64')}`;
const BODY = '{"type":"alert.open","data":{"text":"Zürich ✓"}}';

describe('secrets', () => {
  it('are whsec_ and base64 of 24 to 64 bytes', () => {
    expect(decodeSecret(SHORT)).toEqual(Buffer.from(Array.from({ length: 24 }, (_, i) => i)));
    expect(decodeSecret(LONG)).toHaveLength(64);
  });

  it.each([
    ['no prefix', SHORT.slice(6)],
    ['23 bytes', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['65 bytes', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['not base64', `whsec_${'!'.repeat(32)}`],
    ['base64url', `whsec_${Buffer.alloc(24, 0xff).toString('base64').replaceAll('/', '_')}`],
    ['empty', 'whsec_'],
  ])('not: %s', (_name, secret) => expect(decodeSecret(secret)).toBeUndefined());
});

describe('the signature', () => {
  // Computed with: printf '%s' "msg_1.1790000000.$BODY" | openssl dgst -sha256 -mac HMAC -macopt hexkey:0001..17 -binary | base64
  it.each([
    [SHORT, 'NDo7pJdtoUCz7P2gX8JbKO6VcHyWG9PAsRxbiJO2IHk='],
    [LONG, 'qbyHRIDzZYn2GxcdmBU5H3xNtaFTKgsh1mkJTCtX+UU='],
  ])('of a fixed message under %s', (secret, expected) => {
    expect(signature([decodeSecret(secret)!], 'msg_1', 1_790_000_000, BODY)).toBe(`v1,${expected}`);
  });

  it('holds one entry per key, and a receiver that knows either key accepts it', () => {
    // The reference implementation compares with its own clock.
    const timestamp = Math.floor(Date.now() / 1000);
    const header = signature([decodeSecret(LONG)!, decodeSecret(SHORT)!], 'msg_2', timestamp, BODY);
    expect(header.split(' ')).toHaveLength(2);
    const headers = { 'webhook-id': 'msg_2', 'webhook-timestamp': String(timestamp), 'webhook-signature': header };
    for (const secret of [SHORT, LONG]) expect(new Webhook(secret).verify(BODY, headers)).toEqual(JSON.parse(BODY));
    const stranger = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect(() => new Webhook(stranger).verify(BODY, headers)).toThrow();
    expect(() => new Webhook(SHORT).verify(`${BODY} `, headers)).toThrow();
    expect(() => new Webhook(SHORT).verify(BODY, { ...headers, 'webhook-id': 'msg_3' })).toThrow();
  });
});
