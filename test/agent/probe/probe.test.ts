import { afterEach, expect, it } from 'vitest';
import { createFastDriver } from '../../../agent/drivers/fast/session.ts';
import { createResolver } from '../../../agent/drivers/resolve.ts';
import { type ProbeAnswer, type ProbeTarget, probeAll } from '../../../agent/probe/probe.ts';
import { ProfileLibrary } from '../../../agent/profile/library.ts';
import { loadProfiles } from '../../../agent/profile/load.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { type Behaviour, SnmpResponder } from '../../../sim/responder.ts';
import { readSnmprec } from '../../support/snmprec.ts';
import { community } from '../poll/fixture.ts';

const responders: SnmpResponder[] = [];
afterEach(async () => {
  await Promise.all(responders.splice(0).map((r) => r.stop()));
});

async function device(name: string, behaviour: Behaviour = {}): Promise<ProbeTarget> {
  const responder = new SnmpResponder({
    address: '127.0.0.1',
    port: 0,
    community: 'tests-only',
    device: readSnmprec(`1.3.6.1.2.1.1.1.0|4|Closet Switch\n1.3.6.1.2.1.1.5.0|4|${name}`),
    clock: systemClock,
    behaviour,
  });
  responders.push(responder);
  const { port } = await responder.start();
  return { target: name, host: '127.0.0.1', credentials: community(port, { timeout: 5000, retries: 0 }) };
}

const deps = {
  library: new ProfileLibrary(loadProfiles()),
  clock: systemClock,
  resolve: createResolver(systemClock),
  open: createFastDriver(systemClock),
};

async function probe(targets: readonly ProbeTarget[], budgetMs = 20_000): Promise<ProbeAnswer[]> {
  const answers: ProbeAnswer[] = [];
  const signal = new AbortController().signal;
  await probeAll(deps, targets, { width: 32, budgetMs, signal }, (answer) => void answers.push(answer));
  return answers;
}

it('of 32 at once none waits for one that is silent, or strange', async () => {
  const odd: Behaviour[] = [{ silent: true }, { garbage: true }];
  const targets = await Promise.all([
    ...odd.map((behaviour, i) => device(`odd-${i}`, behaviour)),
    ...Array.from({ length: 30 }, (_, i) => device(`sw-${i}`)),
  ]);
  const answers = await probe(targets);
  expect(answers).toHaveLength(32);
  const good = answers.filter((a) => a.outcome === 'ok');
  expect(good.map((a) => a.facts?.sysName).sort()).toEqual(good.map((a) => a.target).sort());
  expect(good).toHaveLength(30);
  expect(answers.slice(0, 30).every((a) => a.outcome === 'ok')).toBe(true);
  expect(answers.slice(30)).toMatchObject([{ facts: undefined }, { facts: undefined }]);
});

it('one that does not end is cut, and what was read counts', async () => {
  const [answer] = await probe([await device('slow', { delayMs: 400 })], 1000);
  expect(answer).toMatchObject({ outcome: 'BW_SNMP_BUDGET', facts: { sysName: 'slow' } });
});
