import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request that changes something comes from our own page (CSRF). Browsers say where a request comes from: Sec-Fetch-Site, or at
 * least Origin on every POST. What sends neither is no browser, and carries no cookie that its user did not give it.
 * `publicUrl` is the address people use when a proxy in front changes the Host header.
 */
export function isSameOrigin(headers: IncomingHttpHeaders, publicUrl: string | undefined): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = headers;
  if (origin === undefined) return true;
  if (publicUrl !== undefined && URL.canParse(publicUrl) && new URL(publicUrl).origin === origin) return true;
  return URL.canParse(origin) && headers.host !== undefined && new URL(origin).host === headers.host.toLowerCase();
}
