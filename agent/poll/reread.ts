/** What to read of a device out of turn: its interfaces, also what changes by itself (sensors, batteries, radios), or everything. */
export type Reread = 'interfaces' | 'vitals' | 'everything';
