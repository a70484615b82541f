import type { SchoolView } from '../core/page-api.ts';

/** What people call a party of a school: "the provider", "Coastal Tech". */
export function partyName({ parties }: Pick<SchoolView, 'parties'>, id: string): string {
  if (id === 'safety_net') return 'the safety net';
  return parties.find((party) => party.id === id)?.name ?? id;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An identifier in plain words: `dns_dhcp` is `dns dhcp`. */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}
