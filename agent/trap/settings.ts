import { z } from 'zod';
import { port } from '../../runtime/config-schema.ts';
import { address } from '../config-parts.ts';
import { hasItsKeys, snmpUserShape } from '../snmp-user.ts';

/** `traps` of an agent's configuration. */
export const trapSettings = z.strictObject({
  listen: z
    .strictObject({
      /** 0.0.0.0 or :: for all addresses of this machine; devices cannot reach the default. */
      host: address.default('127.0.0.1'),
      port: port.default(162),
    })
    .prefault({}),
  /** Instead of the communities and the users that the targets are polled with. */
  communities: z.array(z.string().min(1)).optional(),
  users: z.array(z.strictObject(snmpUserShape).superRefine(hasItsKeys)).optional(),
  /** Senders whose word is taken for where a trap comes from: trap relays. */
  relays: z.array(address).default([]),
  /** Names of targets by further addresses of theirs: what a router sends traps from may not be what it is polled by. */
  sources: z.record(address, z.string()).default({}),
  /** A file like those of config/traps, or a folder of them; each goes before the bundled one of the same name. */
  rules: z.string().optional(),
  /** Makes the SNMPv3 engine id, which some devices need for informs; the machine's name unless set. */
  engine: z.string().min(1).max(27).optional(),
});

export type TrapSettings = z.output<typeof trapSettings>;
