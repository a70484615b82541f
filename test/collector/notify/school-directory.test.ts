import { expect, it } from 'vitest';
import type { School } from '../../../collector/engagement/school.ts';
import { schoolDirectory } from '../../../collector/notify/school-directory.ts';

const webhook = (address: string) => ({ type: 'webhook', address, secrets: [`secret of ${address}`], settings: {} });
const school: School = {
  school: 'lincoln',
  tz: 'America/New_York',
  parties: new Map(),
  contacts: new Map([
    ['it.kim', { id: 'it.kim', name: 'Kim', channels: [webhook('https://a.example/'), webhook('https://b.example/')] }],
    ['mute', { id: 'mute', name: 'mute', channels: [] }],
  ]),
  safetyNet: ['it.kim'],
  base: { owner: 'internal' },
  engagements: [],
  passUncoveredAt: 'critical',
  maxHoldMs: 0,
  lingerMs: 0,
  calendars: new Map(),
  facts: [],
};

it('gives a contact its endpoints, each with a name of its own, and names for people', () => {
  const lincoln = schoolDirectory(() => new Map([['lincoln', school]]))('lincoln')!;
  expect(lincoln.endpoints('it.kim')).toEqual([
    {
      type: 'webhook',
      id: 'webhook',
      address: 'https://a.example/',
      secrets: ['secret of https://a.example/'],
      settings: {},
    },
    {
      type: 'webhook',
      id: 'webhook-2',
      address: 'https://b.example/',
      secrets: ['secret of https://b.example/'],
      settings: {},
    },
  ]);
  expect([lincoln.endpoints('mute'), lincoln.endpoints('nobody')]).toEqual([[], []]);
  expect([lincoln.nameOf('it.kim'), lincoln.nameOf('internal'), lincoln.timezone]).toEqual([
    'Kim',
    'internal',
    'America/New_York',
  ]);
});

it('follows the configuration: a school that is gone has no directory, one that comes has', () => {
  let schools = new Map([['lincoln', school]]);
  const directory = schoolDirectory(() => schools);
  expect(directory('adams')).toBeUndefined();
  schools = new Map([['adams', { ...school, school: 'adams' }]]);
  expect([directory('lincoln'), directory('adams')?.name]).toEqual([undefined, 'adams']);
});
