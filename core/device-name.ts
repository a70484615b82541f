/** What devices are called before somebody gives them a name. */
const UNNAMED =
  /^(?:switch|router|firewall|ap|gateway|host|hostname|localhost|system|snmp|unknown|noname|none|null|default|mikrotik|ubnt|unifi|u[67]-\w+|edgeswitch|openwrt|pfsense|apc)$/i;

/** True for a name, without its domain, that says nothing: devices carry it from the factory. */
export function isFactoryName(name: string): boolean {
  return UNNAMED.test(name);
}

/** The name without its domain; an address has none. */
export function withoutDomain(name: string): string {
  return /^[\d.]+$/.test(name) || name.includes(':') ? name : name.replace(/\..*$/, '');
}
