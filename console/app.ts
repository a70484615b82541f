import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Overview, SchoolView, Severity } from '../core/page-api.ts';
import { ActingRoot } from './acting-root.ts';
import { Agreements } from './agreements.ts';
import { OpenAlerts, ResolvedAlerts } from './alerts.ts';
import { getMe, logout } from './api.ts';
import { browserClock } from './clock.ts';
import { Devices } from './devices.ts';
import { Endpoints } from './endpoints.ts';
import { Events } from './events.ts';
import { html } from './html.ts';
import { Icon, type IconName } from './icons.ts';
import { forgetIdentity, type Identity, identityOf } from './identity.ts';
import { Inventory } from './inventory.ts';
import { Live, type LiveState } from './live.ts';
import { Login } from './login.ts';
import { parseRoute } from './route.ts';
import { Schools } from './schools.ts';
import { Suppressed } from './suppressed.ts';
import { At } from './time-element.ts';

/** The page: a login, or what is wrong, who answers, and the devices of the chosen school. */
export function App(): VNode | null {
  const [live, state] = useLive();
  const route = useRoute();
  const school = chosenSchool(state.overview, route.school);
  useEffect(() => live.choose(school?.school ?? null), [live, school?.school]);
  useEffect(() => {
    // Chosen by a click or a link, not the first by default: its devices may be below the screen.
    if (route.school !== null && route.device === null)
      document.getElementById('school')?.scrollIntoView({ block: 'nearest' });
  }, [route.school]);
  useEffect(() => {
    const open = state.overview?.open.length ?? 0;
    document.title = open > 0 && state.session === 'in' ? `(${open}) Bellwether` : 'Bellwether';
  }, [state.overview, state.session]);

  const account = useAccount(state.session);
  if (state.session === 'out') return html`<${Login} onLogin=${() => live.loggedIn()} />`;
  const onLogout = async (): Promise<void> => {
    await logout().catch(() => undefined);
    forgetIdentity();
    live.loggedOut();
  };
  return html`<div class=${state.lostSince === null ? 'page' : 'page lost'}>
    <div class="sticky">
      <${TopBar} state=${state} name=${account?.name ?? ''} onLogout=${onLogout} />
      <${Notices} state=${state} />
    </div>
    ${
      state.overview &&
      html`<${ActingRoot} account=${account} onAlert=${live.alertChanged}>
        <main><${Content} overview=${state.overview} state=${state} school=${school} device=${route.device} /></main>
      <//>`
    }
  </div>`;
}

interface ContentProps {
  readonly overview: Overview;
  readonly state: LiveState;
  readonly school: SchoolView | null;
  readonly device: string | null;
}

function Content({ overview, state, school, device }: ContentProps): VNode {
  const { now } = state;
  return html`<${Headline} overview=${overview} />
    <${OpenAlerts} alerts=${overview.open} schools=${overview.schools} suppressed=${overview.suppressed} now=${now} />
    <${Suppressed} groups=${overview.suppressed} />
    <${Schools} schools=${overview.schools} chosen=${school?.school ?? null} now=${now} />
    ${
      school &&
      html`<div id="school">
        <${Agreements} key=${school.school} school=${school} now=${now} />
        <${Endpoints} key=${`endpoints ${school.school}`} school=${school} now=${now} />
        <${Devices} school=${school} list=${state.devices} problem=${state.devicesProblem} chosen=${device} now=${now} />
        <${Inventory} key=${`inventory ${school.school}`} school=${school.school} now=${now} />
        <${Events} key=${`events ${school.school}`} school=${school.school} now=${now} />
      </div>`
    }
    <${ResolvedAlerts} alerts=${overview.resolved} schools=${overview.schools} now=${now} />`;
}

function TopBar({ state, name, onLogout }: { state: LiveState; name: string; onLogout: () => void }): VNode {
  return html`<header class="top">
    <span class="brand"><${Icon} name="bell" /> Bellwether</span>
    <span class="live ${state.lostSince === null ? 'on' : 'off'}">${liveWord(state)}</span>
    ${name !== '' && html`<span class="muted">${name}</span>`}
    <button type="button" class="quiet" onClick=${onLogout}>Log out</button>
  </header>`;
}

function liveWord(state: LiveState): string {
  if (state.lostSince !== null) return 'No contact';
  return state.overview === null ? 'Connecting…' : 'Live';
}

function Notices({ state }: { state: LiveState }): VNode {
  const { lostSince, problem, now } = state;
  return html`<div class="notices" role="alert">
    ${
      lostSince !== null &&
      html`<p class="notice"><${Icon} name="warning" /> <strong>No contact with the collector since <${At} time=${lostSince} now=${now} /></strong>.
        What is shown below is from then; trying again every 2 seconds.</p>`
    }
    ${problem !== null && html`<p class="notice"><${Icon} name="warning" /> The collector is in trouble: ${problem}. Trying again every 2 seconds.</p>`}
  </div>`;
}

/** The answer to "is anything wrong?" in one line. */
function Headline({ overview }: { overview: Overview }): VNode {
  const { icon, tone, text } = headline(overview);
  return html`<h1 class="headline ${tone}" aria-live="polite"><${Icon} name=${icon} /> ${text}</h1>`;
}

/** Pure: what the headline says. */
export function headline(overview: Overview): { icon: IconName; tone: Severity | 'ok'; text: string } {
  const { open, schools } = overview;
  const worst = open[0]?.severity;
  if (worst) {
    const critical = open.filter((alert) => alert.severity === 'critical').length;
    const affected = new Set(open.map((alert) => alert.school)).size;
    const where = schools.length > 1 ? ` at ${affected} of ${schools.length} schools` : '';
    const detail = critical > 0 ? `, ${critical} critical` : '';
    return {
      icon: worst,
      tone: worst,
      text: `${open.length} open ${open.length === 1 ? 'alert' : 'alerts'}${detail}${where}`,
    };
  }
  const blind = schools.filter((s) => s.agents.length === 0).length;
  if (schools.length === 0) return { icon: 'info', tone: 'info', text: 'No school is set up yet' };
  if (blind === schools.length) return { icon: 'info', tone: 'info', text: 'Waiting for the first agent' };
  return {
    icon: 'ok',
    tone: 'ok',
    text: schools.length > 1 ? `Nothing open at ${schools.length} schools` : 'Nothing open',
  };
}

function chosenSchool(overview: Overview | null, wanted: string | null): SchoolView | null {
  if (!overview) return null;
  return overview.schools.find((s) => s.school === wanted) ?? overview.schools[0] ?? null;
}

function useLive(): [Live, LiveState] {
  const [state, setState] = useState<LiveState | null>(null);
  const live = useMemo(() => new Live(browserClock, setState), []);
  useEffect(() => {
    void live.start();
    return () => live.stop();
  }, [live]);
  return [live, state ?? live.state];
}

/** Who is logged in, once it is known that somebody is; null: the operator, or not known yet. */
function useAccount(session: LiveState['session']): Identity | null {
  const [account, setAccount] = useState<Identity | null>(null);
  useEffect(() => {
    setAccount(null);
    if (session !== 'in') return undefined;
    const stop = new AbortController();
    // Without an answer it is asked who acts, and the collector refuses whoever that is not.
    getMe(stop.signal).then(
      (me) => setAccount(identityOf(me)),
      () => undefined,
    );
    return () => stop.abort();
  }, [session]);
  return account;
}

function useRoute(): ReturnType<typeof parseRoute> {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onHash = (): void => setHash(location.hash);
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);
  return parseRoute(hash);
}
