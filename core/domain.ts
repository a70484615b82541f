/** The domain tree (docs/engagements.md). A domain belongs to the symptom, not to the box it was seen on. */
export const DOMAIN_TREE: Readonly<Record<string, readonly string[]>> = {
  infrastructure: ['wan', 'routing', 'switching', 'cabling', 'wireless', 'power', 'environment'],
  services: ['dns_dhcp', 'test_platform'],
  inventory: [],
  daily: [],
  agent: [],
};

/** Every name that may stand as a domain: groups and leaves. */
export const DOMAINS: readonly string[] = Object.entries(DOMAIN_TREE).flatMap(([group, leaves]) => [group, ...leaves]);

/** What people who run no network call it, to follow "answers for". */
const DOMAIN_WORDS: Readonly<Record<string, string>> = {
  infrastructure: 'the network',
  wan: 'the internet connection',
  switching: 'the wired network',
  wireless: 'Wi-Fi',
  environment: 'the climate of the network closets',
  services: 'network services',
  dns_dhcp: 'names and addresses on the network (DNS, DHCP)',
  test_platform: 'the online testing platform',
  daily: 'day-to-day requests',
  agent: 'the monitoring itself',
};

/** A domain in plain words; the others are plain already. */
export function domainWords(domain: string): string {
  return DOMAIN_WORDS[domain] ?? domain;
}

/** True when `domain` is `within` or one of its leaves. */
export function inDomain(domain: string, within: string): boolean {
  return domain === within || (DOMAIN_TREE[within]?.includes(domain) ?? false);
}

/** True for a leaf, or for a domain that has no leaves. */
export function isLeafDomain(domain: string): boolean {
  return (DOMAIN_TREE[domain]?.length ?? 0) === 0;
}

/** Device roles, and the domain a role's own symptoms belong to when a rule names none. */
export const ROLE_DOMAIN = {
  router: 'routing',
  firewall: 'wan',
  switch: 'switching',
  ap: 'wireless',
  ups: 'power',
  sensor: 'environment',
  server: 'services',
  other: 'infrastructure',
} as const satisfies Record<string, string>;

export type Role = keyof typeof ROLE_DOMAIN;
