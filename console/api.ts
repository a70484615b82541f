import type { WhoAmI } from '../core/access-api.ts';
import type { CalendarList } from '../core/calendar-api.ts';
import type { EndpointList, EndpointTest } from '../core/endpoint-api.ts';
import type { EngagementList } from '../core/engagement-api.ts';
import type { EventList, InventoryList } from '../core/inventory-api.ts';
import type { OnCallList, SafetyNetReport } from '../core/on-call-api.ts';
import type { AlertDetail, DeviceList, HandoverList, Overview, Series } from '../core/page-api.ts';
import type { MatcherView, MuteView } from '../core/suppression-api.ts';
import type { Actor } from './identity.ts';

const TIMEOUT_MS = 10_000;
/** A test of a channel waits for the receiver's answer, the collector for 20 s. */
const TEST_TIMEOUT_MS = 25_000;

/** Why a call gave nothing. `login`: there is no session; `code`: a code is asked for besides the password; `contact`: nobody answered; `failed`: the collector refused or is in trouble. */
export class ApiError extends Error {
  readonly kind: 'login' | 'code' | 'contact' | 'failed';

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
  return get(`${pathOf(school)}/devices`, etag, signal);
}

/** @throws ApiError */
export async function getSeries(request: SeriesRequest, signal?: AbortSignal): Promise<Series> {
  const { school, ...rest } = request;
  const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  return read(`${pathOf(school)}/series?${query}`, signal);
}

export type Credentials =
  | { readonly token: string }
  | { readonly login: string; readonly password: string; readonly code?: string };

/** @throws ApiError: `login` when they are wrong. */
export async function login(credentials: Credentials): Promise<void> {
  await post('/login', credentials);
}

/** Who is logged in. @throws ApiError */
export function getMe(signal?: AbortSignal): Promise<WhoAmI> {
  return read('/api/me', signal);
}

/** @throws ApiError */
export async function logout(): Promise<void> {
  await call('/logout', { method: 'POST' });
}

/** @throws ApiError */
export async function getAlert(school: string, id: string, signal?: AbortSignal): Promise<AlertDetail> {
  return read(`${pathOf(school)}/alerts/${encodeURIComponent(id)}`, signal);
}

export interface ActionRequest extends Actor {
  readonly action: 'ack' | 'claim' | 'decline' | 'hand_back' | 'note';
  readonly note?: string;
  readonly reason?: string;
}

/** @throws ApiError: `failed` with the collector's words when it is refused. */
export async function actOnAlert(school: string, id: string, action: ActionRequest): Promise<AlertDetail> {
  return bodyOf(await post(`${pathOf(school)}/alerts/${encodeURIComponent(id)}/actions`, action));
}

/** @throws ApiError */
export async function getHandovers(school: string, signal?: AbortSignal): Promise<HandoverList> {
  return read(`${pathOf(school)}/handovers`, signal);
}

/** @throws ApiError */
export async function acceptHandover(school: string, id: string, actor: Actor): Promise<void> {
  await post(`${pathOf(school)}/handovers/${encodeURIComponent(id)}/accept`, actor);
}

/** @throws ApiError */
export async function getEngagements(school: string, signal?: AbortSignal): Promise<EngagementList> {
  return read(`${pathOf(school)}/engagements`, signal);
}

/** @throws ApiError */
export async function getOnCall(school: string, signal?: AbortSignal): Promise<OnCallList> {
  return read(`${pathOf(school)}/on-call`, signal);
}

/** @throws ApiError */
export async function getSafetyNet(school: string, signal?: AbortSignal): Promise<SafetyNetReport> {
  return read(`${pathOf(school)}/safety-net`, signal);
}

/** @throws ApiError */
export async function testSafetyNet(school: string, actor: Actor): Promise<void> {
  await post(`${pathOf(school)}/safety-net/test`, actor);
}

/** Approves the version that was read, and no other. @throws ApiError */
export async function approveEngagement(school: string, id: string, version: number, actor: Actor): Promise<void> {
  await post(`${pathOf(school)}/engagements/${encodeURIComponent(id)}/approve`, { ...actor, version });
}

/** Maintenance windows and silences, those that are over too. @throws ApiError */
export async function getMutes(school: string, signal?: AbortSignal): Promise<Record<MuteWord, readonly MuteView[]>> {
  const [{ maintenance }, { silences }] = await Promise.all([
    read<{ maintenance: readonly MuteView[] }>(`${pathOf(school)}/maintenance`, signal),
    read<{ silences: readonly MuteView[] }>(`${pathOf(school)}/silences`, signal),
  ]);
  return { maintenance, silences };
}

/** As the API calls the two kinds. */
export type MuteWord = 'maintenance' | 'silences';

export interface NewMute extends Actor {
  readonly matchers: readonly MatcherView[];
  readonly endsAt: string;
  readonly comment: string;
}

/** @throws ApiError: `failed` with the collector's words when it is refused. */
export async function addMute(school: string, word: MuteWord, mute: NewMute): Promise<void> {
  await post(`${pathOf(school)}/${word}`, mute);
}

/** @throws ApiError */
export async function endMute(school: string, word: MuteWord, id: string, { party, by }: Actor): Promise<void> {
  const query = new URLSearchParams({ party, by });
  await call(`${pathOf(school)}/${word}/${encodeURIComponent(id)}?${query}`, { method: 'DELETE' });
}

/** @throws ApiError */
export async function getCalendars(school: string, signal?: AbortSignal): Promise<CalendarList> {
  return read(`${pathOf(school)}/calendars`, signal);
}

/** Confirms the copy that was seen, and no other. @throws ApiError */
export async function confirmCalendar(school: string, calendar: string, pending: string): Promise<void> {
  await post(`${pathOf(school)}/calendars/${encodeURIComponent(calendar)}/confirm`, { pending });
}

/** @throws ApiError */
export async function getEndpoints(school: string, signal?: AbortSignal): Promise<EndpointList> {
  return read(`${pathOf(school)}/endpoints`, signal);
}

/** Sends a message over one channel and waits for the answer. @throws ApiError */
export async function testEndpoint(
  school: string,
  contact: string,
  channel: string,
  by: string,
): Promise<EndpointTest> {
  const path = `${pathOf(school)}/endpoints/${encodeURIComponent(contact)}/${encodeURIComponent(channel)}/test`;
  return bodyOf(await post(path, { by }, TEST_TIMEOUT_MS));
}

/** @throws ApiError */
export async function getInventory(school: string, limit: number, signal?: AbortSignal): Promise<InventoryList> {
  return read(`${pathOf(school)}/inventory?limit=${limit}`, signal);
}

/** Where a browser gets the file of everything, parts too. */
export function inventoryCsv(school: string): string {
  return `${pathOf(school)}/inventory.csv?parts=true`;
}

/** @throws ApiError */
export async function getEvents(school: string, limit: number, signal?: AbortSignal): Promise<EventList> {
  return read(`${pathOf(school)}/events?limit=${limit}`, signal);
}

function pathOf(school: string): string {
  return `/api/schools/${encodeURIComponent(school)}`;
}

async function read<T>(path: string, signal: AbortSignal | undefined): Promise<T> {
  return (await get<T>(path, '', signal)).body!;
}

function post(path: string, body: object, timeoutMs?: number): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) }, undefined, timeoutMs);
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

async function call(
  path: string,
  init: RequestInit,
  signal?: AbortSignal,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
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
  const { message, code } = await refusalOf(reply);
  if (reply.status === 401) throw new ApiError(code === 'needed' ? 'code' : 'login', message ?? 'not logged in');
  // An answer that is not the collector's own comes from a proxy before a collector that is gone: for the viewer that is no contact.
  if (message === undefined && reply.status >= 502) throw new ApiError('contact', 'the collector does not answer');
  throw new ApiError('failed', message ?? `the answer was ${reply.status}`);
}

async function refusalOf(reply: Response): Promise<{ readonly message?: string; readonly code?: unknown }> {
  try {
    const { error, code } = (await reply.json()) as { error?: unknown; code?: unknown };
    return { code, ...(typeof error === 'string' && { message: error }) };
  } catch {
    return {};
  }
}
