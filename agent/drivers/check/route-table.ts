/** Flags of linux/route.h: the route is usable, it goes over a gateway. */
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;

interface Route {
  readonly gateway: string;
  readonly metric: number;
}

/** From the text of /proc/net/route and /proc/net/ipv6_route: the gateway of the default route with the lowest metric, IPv4 first. */
export function defaultGateway(four: string, six: string): string | undefined {
  return best(four.split('\n').flatMap(routeOf4)) ?? best(six.split('\n').flatMap(routeOf6));
}

function best(routes: readonly Route[]): string | undefined {
  return [...routes].sort((a, b) => a.metric - b.metric)[0]?.gateway;
}

/** `Iface Destination Gateway Flags RefCnt Use Metric Mask ...`; addresses in hexadecimal, in the order of the machine's memory. */
function routeOf4(line: string): Route[] {
  const [, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/);
  if (destination !== '00000000' || mask !== '00000000' || !isOverGateway(flags)) return [];
  const octets = gateway?.match(/^([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i)?.slice(1);
  if (!octets) return [];
  // Every machine that Node 24 runs on under Linux, s390x apart, has the lowest octet first.
  return [
    {
      gateway: octets
        .reverse()
        .map((hex) => Number.parseInt(hex, 16))
        .join('.'),
      metric: Number(metric),
    },
  ];
}

/** `destination length source length gateway metric refcnt use flags iface`, all in hexadecimal. */
function routeOf6(line: string): Route[] {
  const [destination, length, , , gateway, metric, , , flags, device] = line.trim().split(/\s+/);
  if (!/^0{32}$/.test(destination ?? '') || length !== '00' || !isOverGateway(flags)) return [];
  const groups = gateway?.match(/[0-9a-f]{4}/gi);
  if (groups?.length !== 8) return [];
  const address = groups.map((hex) => Number.parseInt(hex, 16).toString(16)).join(':');
  // A link-local address (fe80::/10) means nothing without its interface.
  const scope = /^fe[89ab]/i.test(gateway!) && device !== undefined ? `%${device}` : '';
  return [{ gateway: `${address}${scope}`, metric: Number.parseInt(metric ?? '', 16) }];
}

function isOverGateway(flags: string | undefined): boolean {
  const wanted = RTF_UP | RTF_GATEWAY;
  return (Number.parseInt(flags ?? '', 16) & wanted) === wanted;
}
