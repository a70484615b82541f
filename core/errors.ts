/**
 * Every error the product raises on purpose, by its stable code. docs/errors.md lists the same codes (a law test compares).
 * The text after each code is what an operator should do about it.
 */
export const ERROR_CODES = {
  BW_CONFIG_INVALID: 'The configuration has problems; each is listed with file:line:col, expected and got.',
  BW_HOST_UNKNOWN: 'The host name of a device has no address: check the name and the name server.',
  BW_SNMP_TIMEOUT:
    'The device did not answer within timeout x retries: check reachability, community or user, and the access list.',
  BW_SNMP_BUDGET: 'The device did not finish within its time budget for one poll; what was read until then is kept.',
  BW_SNMP_MALFORMED: 'The device answered with bytes that are not a valid SNMP message.',
  BW_SNMP_SOURCE: 'A reply came from another address or port than the one polled; it was not used.',
  BW_SNMP_LOOP: 'The device returned an OID that does not increase; the walk was stopped.',
  BW_SNMP_ERROR: 'The device answered with an SNMP error status.',
  BW_SNMP_AUTH: 'The device refused the SNMPv3 user, authentication or privacy settings.',
  BW_PING_UNAVAILABLE: 'Neither fping nor ping can be run here: install fping.',
  BW_SPOOL: 'The spool cannot be opened or written: check the disk and the permissions of its folder.',
  BW_PUSH_RETRY: 'The collector could not take the batch now; it stays in the spool.',
  BW_STORAGE_UNAVAILABLE: 'The metrics store cannot be reached; writers are told to retry.',
  BW_STATE: 'The state database cannot be opened or written.',
  BW_LEASE: 'Another collector answers for the school now; what this one had begun for it was dropped.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a stable code; `retryable` says whether the same call may succeed later. */
export class BellwetherError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BellwetherError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
