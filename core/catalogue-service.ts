import type { Row } from './catalogue-collector.ts';

const SERVICE: readonly Row[] = [
  ['state', 'string', '', 'services', '`ok`, `failed`, or `unknown`: it could not be asked from here.'],
  ['failed', 'integer', '1', 'services', '1 when the check failed; absent while the state is unknown.'],
  [
    'failures_of_5',
    'integer',
    '1',
    'services',
    'How many of the last five checks failed, this one included; absent while the state is unknown.',
  ],
  ['unknown', 'integer', '1', 'agent', '1 when the check could not be made: no route, no name server, no gateway.'],
  ['reason', 'string', '', 'services', 'Why it is not ok, in words; absent when it is.'],
  [
    'response_ms',
    'float',
    'ms',
    'services',
    'Time to the answer, without the look-up of the name; for a gateway the mean round trip. Absent without an answer.',
  ],
  [
    'correct',
    'integer',
    '1',
    'services',
    'Of an answer of DNS or HTTP: 1 when it is what was expected; absent without an answer.',
  ],
  ['address', 'string', '', 'wan', 'Of a gateway: the address that was pinged.'],
];

const DNS_QUERY: readonly Row[] = [
  ['query_time_ms', 'float', 'ms', 'dns_dhcp', 'Time to the answer; absent without one, as the next two.'],
  ['rcode', 'string', '', 'dns_dhcp', 'Response code (RFC 1035) by name, such as NXDOMAIN.'],
  ['rcode_value', 'integer', '1', 'dns_dhcp', 'The same as a number.'],
  ['result_code', 'integer', '1', 'dns_dhcp', '0 success, 1 timeout, 2 error.'],
  ['result_type', 'string', '', 'dns_dhcp', 'The same as a word.'],
];

const steps = (fields: Readonly<Record<string, string>>): Row[] =>
  Object.entries(fields).map(([field, help]) => [field, 'float', 'ms', 'services', help]);

const NET_RESPONSE: readonly Row[] = [
  ['response_time', 'float', 's', 'services', 'Time to the connection; absent without one.'],
  ...steps({ name_ms: 'Look-up of the name.', tls_ms: 'TLS handshake; absent where there is none.' }),
  ['result_code', 'integer', '1', 'services', '0 success, 1 timeout, 2 connection failed.'],
  ['result_type', 'string', '', 'services', 'The same as a word.'],
];

const HTTP_RESPONSE: readonly Row[] = [
  [
    'response_time',
    'float',
    's',
    'services',
    'Time to the end of the body; absent, as the next four, without an answer.',
  ],
  ['http_response_code', 'integer', '1', 'services', 'Status of the last answer.'],
  ['content_length', 'integer', 'B', 'services', 'Length of the body: as announced, else as read (at most 1 MiB).'],
  ['response_status_code_match', 'integer', '1', 'services', '1 when the status is one of those expected.'],
  [
    'response_string_match',
    'integer',
    '1',
    'services',
    '1 when the text expected stands in the first MiB of the body; only where one is.',
  ],
  ...steps({
    name_ms: 'Look-up of the name; as the next three, as far as it came, and over all redirects.',
    connect_ms: 'Connection.',
    tls_ms: 'TLS handshake; absent where there is none.',
    first_byte_ms: 'From the request to the head of the answer.',
  }),
  [
    'result_code',
    'integer',
    '1',
    'services',
    '0 success, 1 text not found, 2 body not read, 3 connection failed, 4 timeout, 5 no such host, 6 another status.',
  ],
  ['result_type', 'string', '', 'services', 'The same as a word.'],
];

const X509_CERT: readonly Row[] = [
  ['days_left', 'float', 'd', 'inventory', 'Until it runs out; negative after.'],
  ['expiry', 'integer', 's', 'inventory', 'The same in seconds.'],
  ['age', 'integer', 's', 'inventory', 'Since it became valid.'],
  ['startdate', 'integer', 's', 'inventory', 'When it became valid, since 1970.'],
  ['enddate', 'integer', 's', 'inventory', 'When it runs out, since 1970.'],
  ['verification_code', 'integer', '1', 'services', '0 trusted and for this name, 1 not.'],
  ['chain_valid', 'integer', '1', 'services', '1 when it is in force and signed by an authority that is trusted.'],
  ['name_valid', 'integer', '1', 'services', '1 when it is for the name asked for.'],
  [
    'verification_error',
    'string',
    '',
    'services',
    'Why it is not trusted, or for another name; absent when all is well.',
  ],
  ['common_name', 'string', '', 'inventory', 'Of the subject, where it has one.'],
  ['issuer_common_name', 'string', '', 'inventory', 'Of the issuer, else its organisation.'],
  ['serial_number', 'string', '', 'inventory', 'In hexadecimal.'],
];

/** What the agent's service checks write (docs/services.md). */
export const SERVICE_ROWS = {
  service: SERVICE,
  dns_query: DNS_QUERY,
  net_response: NET_RESPONSE,
  http_response: HTTP_RESPONSE,
  x509_cert: X509_CERT,
} satisfies Record<string, readonly Row[]>;

const OWN = ['service', 'type', 'domain'] as const;

/** Their tags. The `ping` of a gateway has those of `service` in place of the device's. */
export const SERVICE_TAGS: Readonly<Record<keyof typeof SERVICE_ROWS, readonly string[]>> = {
  service: OWN,
  dns_query: [...OWN, 'server', 'query', 'record_type'],
  net_response: [...OWN, 'server', 'port', 'protocol'],
  http_response: [...OWN, 'server', 'method'],
  x509_cert: [...OWN, 'source'],
};
