import { describe, expect, it } from 'vitest';
import { TAG } from '../../../../agent/drivers/ber.ts';
import { corrected, heard, heardOpenly, timeNow } from '../../../../agent/drivers/usm/engine-clock.ts';
import { KeyCache } from '../../../../agent/drivers/usm/key-cache.ts';
import { FLAG } from '../../../../agent/drivers/usm/message.ts';
import { UsmPeer } from '../../../../agent/drivers/usm/peer.ts';
import { afterReport } from '../../../../agent/drivers/usm/report.ts';
import { BellwetherError } from '../../../../core/errors.ts';
import { SimulatedEngine } from '../../../../sim/usm-engine.ts';
import {
  ask,
  decoded,
  discover,
  OPEN,
  opened,
  PRIVATE,
  peerOf,
  reply,
  SIGNED,
  SYS_UP_TIME,
  tools,
  USERS,
  WALK,
} from './exchange.ts';

const HOUR = 3_600_000;

describe('a peer and an engine', () => {
  it.each([
    ['authPriv', PRIVATE],
    ['authNoPriv', SIGNED],
    ['noAuthNoPriv', OPEN],
  ])('%s: the engine is discovered, a request answered', (_name, user) => {
    const engine = new SimulatedEngine(USERS, 0);
    const peer = peerOf(user);
    expect(peer.discovered).toBe(false);
    discover(peer, engine, HOUR);
    expect(peer.discovered).toBe(true);
    expect(peer.clockProven).toBe(false);
    const answer = ask(peer, engine, 2 ** 25, HOUR, WALK);
    expect(answer).toMatchObject({ kind: 'response', pdu: { tag: TAG.Response, requestId: 2 ** 25, errorStatus: 0 } });
    expect(peer.clockProven).toBe(user.auth !== undefined);
  });

  it('does not send names, values or keys in clear', () => {
    const engine = new SimulatedEngine(USERS, 0);
    const peer = peerOf(PRIVATE, 'a-context');
    discover(peer, engine, 0);
    const { bytes } = peer.seal(2 ** 24, SYS_UP_TIME, 0);
    const text = Buffer.from(bytes).toString('latin1');
    expect(text).toContain('private');
    expect(text).not.toMatch(/a-context|phrase/);
    expect(text).not.toContain(Buffer.from('2b06010201', 'hex').toString('latin1'));
  });

  it('without keys for an engine (a protocol that this machine does not have) it stays unknown, and nothing is sent in clear', () => {
    const engine = new SimulatedEngine(USERS, 0);
    const keys = new KeyCache();
    keys.forEngine = () => {
      throw new BellwetherError('BW_SNMP_AUTH', 'not available');
    };
    const user = { user: 'private', auth_protocol: 'sha256', auth_key: 'auth-phrase', priv_protocol: 'aes' } as const;
    const peer = new UsmPeer({ ...user, priv_key: 'priv-phrase' }, '', { ...tools, keys });
    for (let poll = 0; poll < 2; poll++) expect(() => discover(peer, engine, 0)).toThrow('not available');
    expect(peer.discovered).toBe(false);
    expect(() => peer.seal(2 ** 24, SYS_UP_TIME, 0)).toThrow('no key');
  });

  it('never encrypts twice with the same salt', () => {
    const engine = new SimulatedEngine(USERS, 0);
    const peer = peerOf(PRIVATE);
    discover(peer, engine, 0);
    const salts = Array.from({ length: 100 }, (_, i) =>
      Buffer.from(decoded(peer.seal(2 ** 24 + i, SYS_UP_TIME, 0).bytes).salt).toString('hex'),
    );
    expect(new Set(salts).size).toBe(100);
  });

  it('goes on after a restart, with boots raised or (devices that cannot count) not', () => {
    for (const keepsCount of [true, false]) {
      const engine = new SimulatedEngine(USERS, 0);
      const peer = peerOf(PRIVATE);
      discover(peer, engine, HOUR);
      ask(peer, engine, 2 ** 24, HOUR);
      engine.restart(2 * HOUR, keepsCount);
      const refused = ask(peer, engine, 2 ** 24 + 1, 2 * HOUR + 5_000);
      if (refused.kind !== 'report') throw new Error(refused.kind);
      expect(refused).toMatchObject({ name: 'notInTimeWindows', authentic: true });
      expect(peer.resynchronise(refused.message, true, 2 * HOUR + 5_000)).toBe(true);
      expect(ask(peer, engine, 2 ** 24 + 2, 2 * HOUR + 5_000).kind).toBe('response');
    }
  });

  it('finds the engine with another id that is there now', () => {
    const peer = peerOf(PRIVATE);
    discover(peer, new SimulatedEngine(USERS, 0), 0);
    const other = new SimulatedEngine(USERS, 0);
    const refused = ask(peer, other, 2 ** 24, 0);
    if (refused.kind !== 'report') throw new Error(refused.kind);
    expect(refused).toMatchObject({ name: 'unknownEngineIDs', authentic: false });
    peer.learn(refused.message, 0);
    expect(ask(peer, other, 2 ** 24, 0).kind).toBe('response');
  });
});

describe('what a peer does not take', () => {
  const setUp = () => {
    const engine = new SimulatedEngine(USERS, 0);
    const peers = { private: peerOf(PRIVATE), signed: peerOf(SIGNED), open: peerOf(OPEN) };
    for (const peer of Object.values(peers)) discover(peer, engine, 0);
    const answerTo = (user: keyof typeof peers, id: number, at = 0): Buffer =>
      reply(engine, peers[user].seal(id, SYS_UP_TIME, at).bytes, at);
    return { engine, peers, answerTo };
  };

  it('an answer of a lower level, or to another user', () => {
    const { peers, answerTo } = setUp();
    const untrusted = (why: RegExp) => ({ kind: 'refused', fault: 'untrusted', why: expect.stringMatching(why) });
    expect(opened(peers.private, answerTo('open', 2 ** 24), 2 ** 24, 0)).toEqual(untrusted(/user/));
    expect(opened(peers.private, answerTo('signed', 2 ** 24), 2 ** 24, 0)).toEqual(untrusted(/user/));
    expect(opened(peers.open, answerTo('private', 2 ** 24), 2 ** 24, 0)).toEqual(untrusted(/level/));
    const sameName = peerOf({ name: 'private' });
    const engine = new SimulatedEngine([{ name: 'private' }], 0);
    discover(sameName, engine, 0);
    const plain = reply(engine, sameName.seal(2 ** 24, SYS_UP_TIME, 0).bytes, 0);
    const strict = peerOf(PRIVATE);
    discover(strict, engine, 0);
    expect(opened(strict, plain, 2 ** 24, 0)).toEqual(untrusted(/level/));
    // The digest right, but in clear where privacy was asked for.
    const lessEngine = new SimulatedEngine([{ ...PRIVATE, priv: undefined } as never], 0, engine.id);
    const less = peerOf({ name: PRIVATE.name, auth: PRIVATE.auth! });
    discover(less, lessEngine, 0);
    const signed = reply(lessEngine, less.seal(2 ** 24, SYS_UP_TIME, 0).bytes, 0);
    expect(opened(less, Buffer.from(signed), 2 ** 24, 0).kind).toBe('response');
    expect(opened(strict, signed, 2 ** 24, 0)).toEqual(untrusted(/level/));
  });

  it('an answer of another engine, even with the same user and phrases', () => {
    const { peers } = setUp();
    const other = new SimulatedEngine(USERS, 0);
    const peer = peerOf(PRIVATE);
    discover(peer, other, 0);
    const answer = reply(other, peer.seal(2 ** 24, SYS_UP_TIME, 0).bytes, 0);
    expect(opened(peers.private, answer, 2 ** 24, 0)).toMatchObject({
      fault: 'untrusted',
      why: expect.stringMatching(/engine/),
    });
  });

  it('an answer whose flags say that it was never signed', () => {
    const { peers, answerTo } = setUp();
    const answer = answerTo('signed', 2 ** 24);
    const flagsAt = answer.indexOf(Buffer.from([0x04, 0x01, FLAG.auth])) + 2;
    answer[flagsAt] = 0;
    expect(opened(peers.signed, answer, 2 ** 24, 0)).toMatchObject({ fault: 'untrusted' });
  });

  it('an answer to another request, or of another context', () => {
    const { engine, peers, answerTo } = setUp();
    expect(opened(peers.private, answerTo('private', 2 ** 24), 2 ** 24 + 1, 0)).toMatchObject({ fault: 'late' });
    const elsewhere = peerOf(PRIVATE, 'vlan-7');
    discover(elsewhere, engine, 0);
    expect(opened(elsewhere, answerTo('private', 2 ** 24), 2 ** 24, 0)).toMatchObject({ fault: 'untrusted' });
  });

  it('an old answer played again after the window', () => {
    const { engine, peers, answerTo } = setUp();
    const old = answerTo('private', 2 ** 24);
    expect(opened(peers.private, Buffer.from(old), 2 ** 24, 0).kind).toBe('response');
    expect(ask(peers.private, engine, 2 ** 24 + 1, 400_000).kind).toBe('response');
    expect(opened(peers.private, old, 2 ** 24, 400_000)).toMatchObject({
      fault: 'late',
      why: expect.stringMatching(/window/),
    });
  });
});

describe('the clock of an engine', () => {
  const known = { boots: 5, time: 1000, at: 0, proven: true };
  it.each([
    ['goes on', 5, 1100, 100_000, { boots: 5, time: 1100, at: 100_000, proven: true }],
    ['stays, for what is a little old', 5, 950, 0, known],
    ['stays, at the edge of the window', 5, 950, 100_000, known],
    ['refuses what is older than the window', 5, 949, 100_000, undefined],
    ['refuses earlier boots', 4, 9999, 0, undefined],
    ['takes later boots, whatever the time', 6, 0, 0, { boots: 6, time: 0, at: 0, proven: true }],
    ['refuses the last boots', 2 ** 31 - 1, 0, 0, undefined],
  ])('%s', (_name, boots, time, now, expected) => expect(heard(known, boots, time, now)).toEqual(expected));

  it('takes from an open message only what it does not know better', () => {
    expect(heardOpenly(known, 9, 9, 9)).toBe(known);
    expect(heardOpenly(undefined, 9, 8, 7)).toEqual({ boots: 9, time: 8, at: 7, proven: false });
    expect(heard(heardOpenly(undefined, 9, 8, 7), 2, 3, 4)).toEqual({ boots: 2, time: 3, at: 4, proven: true });
  });

  it('counts whole seconds, up to the end of its range', () => {
    expect(timeNow(known, 1_999)).toBe(1001);
    expect(timeNow({ ...known, time: 2 ** 31 - 2 }, 60_000)).toBe(2 ** 31 - 1);
    expect(corrected(2 ** 31 - 1, 0, 0)).toBeUndefined();
  });
});

describe('what a report asks for', () => {
  const none = { rediscovered: false, resynchronised: false };
  it.each([
    ['unknownEngineIDs', false, true, none, 'rediscover'],
    ['unknownEngineIDs', false, true, { ...none, rediscovered: true }, 'fail'],
    ['notInTimeWindows', true, true, none, 'resynchronise'],
    ['notInTimeWindows', true, true, { ...none, resynchronised: true }, 'fail'],
    ['notInTimeWindows', false, false, none, 'resynchronise'],
    ['notInTimeWindows', false, true, none, 'fail'],
    ['wrongDigests', false, false, none, 'fail'],
    ['unknown', true, true, none, 'fail'],
  ] as const)('%s, authentic %s, clock proven %s', (name, authentic, proven, tried, expected) =>
    expect(afterReport(name, authentic, proven, tried)).toBe(expected),
  );
});
