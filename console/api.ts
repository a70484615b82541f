import type { DeviceList, Overview, Series } from '../core/page-api.ts';

const TIMEOUT_MS = 10_000;

/** Why a call gave nothing. `login`: there is no session; `contact`: nobody answered; `failed`: the collector refused or is in trouble. */
export class ApiError extends Error {
  readonly kind: 'login' | 'contact' | 'failed';

  constructor(kind: ApiError['kind'], message: string) {
    super(message);
    this.name = 'ApiError';
    this.kind = kind;
  }
}

/** Words for anything that was thrown: the page says so and goes on asking, whatever it was. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export interface Answer<T> {
  /** Undefined: the same as before (304). */
  readonly body: T | undefined;
  readonly etag: string;
  /** The collector's clock, ms. */
  readonly now: number;
}

export interface SeriesRequest {
  readonly school: string;
  readonly measurement: string;
  readonly field: string;
  readonly device: string;
  readonly ifIndex?: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** @throws ApiError */
export function getOverview(etag: string, signal?: AbortSignal): Promise<Answer<Overview>> {
  return get('/api/overview', etag, signal);
}

/** @throws ApiError */
export function getDevices(school: string, etag: string, signal?: AbortSignal): Promise<Answer<DeviceList>> {
  return get(`/api/schools/${encodeURIComponent(school)}/devices`, etag, signal);
}

/** @throws ApiError */
export async function getSeries(request: SeriesRequest, signal?: AbortSignal): Promise<Series> {
  const { school, ...rest } = request;
  const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  const { body } = await get<Series>(`/api/schools/${encodeURIComponent(school)}/series?${query}`, '', signal);
  return body!;
}

/** @throws ApiError: `login` when the token is wrong. */
export async function login(token: string): Promise<void> {
  await call('/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
}

/** @throws ApiError */
export async function logout(): Promise<void> {
  await call('/logout', { method: 'POST' });
}

async function get<T>(path: string, etag: string, signal: AbortSignal | undefined): Promise<Answer<T>> {
  const reply = await call(path, { headers: etag ? { 'if-none-match': etag } : {} }, signal);
  return {
    body: reply.status === 304 ? undefined : await bodyOf<T>(reply),
    etag: reply.headers.get('etag') ?? '',
    now: Number(reply.headers.get('bellwether-now')),
  };
}

async function bodyOf<T>(reply: Response): Promise<T> {
  try {
    return (await reply.json()) as T;
  } catch {
    throw new ApiError('contact', 'the answer broke off');
  }
}

async function call(path: string, init: RequestInit, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let reply: Response;
  try {
    reply = await fetch(path, {
      ...init,
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch {
    throw new ApiError('contact', 'the collector does not answer');
  }
  if (reply.ok || reply.status === 304) return reply;
  if (reply.status === 401) throw new ApiError('login', 'not logged in');
  const message = await messageOf(reply);
  // An answer that is not the collector's own comes from a proxy before a collector that is gone: for the viewer that is no contact.
  if (message === undefined && reply.status >= 502) throw new ApiError('contact', 'the collector does not answer');
  throw new ApiError('failed', message ?? `the answer was ${reply.status}`);
}

async function messageOf(reply: Response): Promise<string | undefined> {
  try {
    const body = (await reply.json()) as { error?: unknown };
    return typeof body.error === 'string' ? body.error : undefined;
  } catch {
    return undefined;
  }
}
