import { describe, expect, it } from 'vitest';
import { planLadder } from '../../../collector/notify/ladder.ts';
import { decision, endpoint, schoolDirectory, step, T0 } from './fixtures.ts';

const without = (...names: string[]) =>
  schoolDirectory((contact) => (names.includes(contact) ? [] : [endpoint(contact)]));
const times = (ladder: ReturnType<typeof planLadder>) => ladder.rungs.map((r) => [r.step, (r.dueAt - T0) / 1000]);

describe('laying a decision out in time', () => {
  it('keeps steps, delays, transfer and repeats, and splits contacts', () => {
    const { rungs, unreachable } = planLadder(decision(), T0, schoolDirectory());
    expect(unreachable).toEqual([]);
    expect(rungs.map((r) => [r.party, (r.dueAt - T0) / 1000, r.transfer, r.repeatMs])).toEqual([
      ['provider', 0, false, null],
      ['provider', 600, false, null],
      ['internal', 1200, true, null],
      ['safety_net', 3600, false, 1_800_000],
    ]);
    expect(rungs[3]!.targets.map((t) => t.contact)).toEqual(['principal.ng', 'cts.noc']);
  });

  it('follows the delays of a held decision', () => {
    const held = decision({ held: 'owner_uncovered', steps: [step('internal', 'it.kim', 25_201)] });
    expect(times(planLadder(held, T0, schoolDirectory()))).toEqual([[0, 25_201]]);
  });

  it('does not wait out a step that reaches nobody: the next takes its time, later ones keep theirs', () => {
    expect(times(planLadder(decision(), T0, without('cts.oncall')))).toEqual([
      [2, 0],
      [3, 3600],
    ]);
    expect(times(planLadder(decision(), T0, without('cts.oncall', 'it.kim')))).toEqual([[3, 0]]);
    expect(times(planLadder(decision(), T0, without('it.kim')))).toEqual([
      [0, 0],
      [1, 600],
      [3, 1200],
    ]);
  });

  it('a step with one reachable contact stays, and the other is named', () => {
    const { rungs, unreachable } = planLadder(decision(), T0, without('principal.ng'));
    expect(rungs.at(-1)!.targets).toEqual([{ contact: 'cts.noc', channel: 'phone' }]);
    expect(unreachable).toEqual([{ step: 3, party: 'safety_net', contact: 'principal.ng' }]);
  });

  it('a step all of whose channels are dead is tried at its time, and the next is told then too', () => {
    const dead =
      (...names: string[]) =>
      (to: { readonly contact: string }) =>
        names.includes(to.contact);
    const plan = (...names: string[]) => times(planLadder(decision(), T0, schoolDirectory(), dead(...names)));
    expect(plan()).toEqual(times(planLadder(decision(), T0, schoolDirectory())));
    expect(plan('cts.oncall')).toEqual([
      [0, 0],
      [1, 600],
      [2, 0],
      [3, 3600],
    ]);
    expect(plan('cts.oncall', 'it.kim').at(-1)).toEqual([3, 0]);
    expect(plan('it.kim')).toEqual([
      [0, 0],
      [1, 600],
      [2, 1200],
      [3, 1200],
    ]);
    // One of the two of the safety net is reached.
    expect(plan('principal.ng').at(-1)).toEqual([3, 3600]);
  });

  it('nobody at all: no rungs, everybody named', () => {
    const { rungs, unreachable } = planLadder(
      decision(),
      T0,
      schoolDirectory(() => []),
    );
    expect(rungs).toEqual([]);
    expect(unreachable).toHaveLength(5);
  });
});
