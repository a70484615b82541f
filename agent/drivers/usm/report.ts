import { BellwetherError } from '../../../core/errors.ts';
import { type Pdu, readPdu } from './scoped-pdu.ts';

/** What an engine says instead of an answer: RFC 3414 section 5 (usmStats), RFC 3412 section 5 (snmpMPDStats), RFC 3413 section 4.1.2. */
export const REPORT_OIDS = {
  unsupportedSecLevels: '1.3.6.1.6.3.15.1.1.1.0',
  notInTimeWindows: '1.3.6.1.6.3.15.1.1.2.0',
  unknownUserNames: '1.3.6.1.6.3.15.1.1.3.0',
  unknownEngineIDs: '1.3.6.1.6.3.15.1.1.4.0',
  wrongDigests: '1.3.6.1.6.3.15.1.1.5.0',
  decryptionErrors: '1.3.6.1.6.3.15.1.1.6.0',
  unknownSecurityModels: '1.3.6.1.6.3.11.2.1.1.0',
  invalidMsgs: '1.3.6.1.6.3.11.2.1.2.0',
  unknownPDUHandlers: '1.3.6.1.6.3.11.2.1.3.0',
  unavailableContexts: '1.3.6.1.6.3.12.1.4.0',
  unknownContexts: '1.3.6.1.6.3.12.1.5.0',
} as const;

export type KnownReport = keyof typeof REPORT_OIDS;
export type ReportName = KnownReport | 'unknown';

const NAMES: ReadonlyMap<string, KnownReport> = new Map(
  Object.entries(REPORT_OIDS).map(([name, oid]) => [oid, name as KnownReport]),
);

/** @throws BerError */
export function reportName(pdu: Pdu): ReportName {
  const oid = readPdu(pdu).varbinds[0]?.oid ?? '';
  // Some agents leave out the instance.
  return NAMES.get(oid) ?? NAMES.get(`${oid}.0`) ?? 'unknown';
}

const MEANINGS: Readonly<Record<ReportName, string>> = {
  unsupportedSecLevels: 'it does not offer this security level to this user',
  notInTimeWindows: 'our notion of its clock stays wrong',
  unknownUserNames: 'it does not know the user',
  unknownEngineIDs: 'it does not know its own engine id',
  wrongDigests: 'the digest of our request is wrong: are auth_key and auth_protocol right?',
  decryptionErrors: 'it cannot decrypt our request: are priv_key and priv_protocol right?',
  unknownSecurityModels: 'it does not know the user-based security model',
  invalidMsgs: 'it finds our request invalid',
  unknownPDUHandlers: 'nobody in it answers such a request',
  unavailableContexts: 'the context is not available now',
  unknownContexts: 'it does not know the context',
  unknown: 'it answered with a report that is not known here',
};

export function reportError(name: ReportName): BellwetherError {
  return new BellwetherError('BW_SNMP_AUTH', `the device refused SNMPv3: ${MEANINGS[name]} (${name})`);
}

/** What has been tried for one request. */
export interface Attempts {
  rediscovered: boolean;
  resynchronised: boolean;
}

/**
 * What a report in the place of an answer asks for: another try with what it teaches, at most once of each kind for a request, or an error.
 * `authentic`: its digest was right. `clockProven`: the engine's clock was told by an authentic message before.
 */
export function afterReport(
  name: ReportName,
  authentic: boolean,
  clockProven: boolean,
  tried: Readonly<Attempts>,
): 'rediscover' | 'resynchronise' | 'fail' {
  if (name === 'unknownEngineIDs' && !tried.rediscovered) return 'rediscover';
  // Without a digest anybody may have said it: good enough as a first guess, not to replace what is known.
  if (name === 'notInTimeWindows' && !tried.resynchronised && (authentic || !clockProven)) return 'resynchronise';
  return 'fail';
}
