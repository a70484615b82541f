import type { SimType } from '../../sim/oid-table.ts';

/** Tags of snmpsim's recordings: ASN.1 tag numbers. */
export const SNMPREC_TYPES: Readonly<Record<string, SimType>> = {
  '2': 'integer',
  '4': 'octets',
  '5': 'null',
  '6': 'oid',
  '64': 'ip',
  '65': 'counter32',
  '66': 'gauge32',
  '67': 'timeticks',
  '68': 'opaque',
  '70': 'counter64',
};
