import { randomBytes } from 'node:crypto';
import type { Permission, Role } from '../../../collector/access/permission.ts';
import { addAccount, disableAccount } from '../../../collector/state/accounts.ts';
import { createApiToken, type NewApiToken, revokeApiToken } from '../../../collector/state/api-tokens.ts';
import { hashPassword } from '../../../collector/state/password.ts';
import { openSession } from '../../../collector/state/sessions.ts';
import { PageServer } from '../../console/page-server.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export const PASSWORD = 'correct horse battery';
const DAY = 86_400_000;

/** Approved from a month before FakeClock's now to a month after it. */
const WIRELESS = {
  id: 'wifi',
  kind: 'domain',
  status: 'approved',
  approvals: ['internal', 'provider'],
  approved_at: '2026-01-01',
  from: '2026-09-05',
  until: '2026-11-05',
  grants: [{ owner: 'provider', scope: { domain: 'wireless' } }],
};
const ROUTING = {
  id: 'private',
  kind: 'domain',
  status: 'approved',
  approvals: ['internal', 'provider'],
  approved_at: '2026-01-01',
  informed: [],
  grants: [{ owner: 'internal', scope: { domain: 'routing' } }],
};

/** Two schools with agreements on a collector that a test asks as different people; nothing is shared between them but the collector. */
export class AccessWorld {
  readonly clock = new FakeClock();
  readonly server = new PageServer(this.clock);
  /** An open alert of north, and one that is kept from the provider. */
  alert = '';
  kept = '';

  async start(): Promise<this> {
    await this.server.start();
    const noc = {
      internal: { contacts: ['kim'], coverage: 'always' },
      provider: { contacts: ['noc'], coverage: 'always' },
    };
    for (const school of ['north', 'south'])
      await this.server.configure(school, {
        parties: { ...noc, cabler: { contacts: ['cab'], coverage: 'always' } },
        calendars: { district: { file: 'district.ics' } },
        engagements: [WIRELESS, ROUTING],
      });
    const wifi = { owner: 'provider', why: 'wifi#0', candidates: ['wifi#0', 'base'] };
    const routing = { owner: 'internal', why: 'private#0', candidates: ['private#0', 'base'] };
    const decided = { acting: '', held: null, steps: [], text: 'as agreed' };
    const of = { school: 'north', domain: 'wireless', summary: 'an access point is down' };
    this.alert = await this.server.open(of, { ...decided, ...wifi });
    const secret = { school: 'north', domain: 'routing', summary: 'the secret of the router' };
    this.kept = await this.server.open(secret, { ...decided, ...routing });
    return this;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** The cookie of somebody with an account. */
  async session(role: Role, party: string | null, schools: readonly string[], login = `${role}-${schools.join('-')}`) {
    const { db } = this.server;
    const account = { login, name: login, role, party, schools };
    // Never asked for: the sessions are opened here, and hashing takes its time.
    await addAccount(db, account, '$none', this.clock.now());
    const cookie = await openSession(db, this.clock, randomBytes, { account: login });
    return { cookie: `bellwether_session=${cookie}` };
  }

  /** Somebody who can log in with PASSWORD. */
  async person(login: string, role: Role, party: string | null, schools: readonly string[]): Promise<void> {
    const hash = await hashPassword(PASSWORD, randomBytes);
    await addAccount(this.server.db, { login, name: login, role, party, schools }, hash, this.clock.now());
  }

  async token(more: Partial<NewApiToken> = {}): Promise<{ readonly id: string; readonly authorization: string }> {
    const spec: NewApiToken = {
      note: 'a program',
      role: 'director',
      permissions: null,
      party: 'internal',
      schools: ['north'],
      expiresAt: this.clock.now() + 30 * DAY,
      ...more,
    };
    const { id, token } = await createApiToken(this.server.db, spec, this.clock.now(), randomBytes);
    return { id, authorization: `Bearer ${token}` };
  }

  permitted(permissions: readonly Permission[], schools: readonly string[] = ['north']) {
    return this.token({ role: null, permissions, schools });
  }

  /** Credentials that were good once. */
  async spent(): Promise<Readonly<Record<string, Record<string, string>>>> {
    const { db } = this.server;
    const now = this.clock.now();
    const expired = await this.token({ expiresAt: now + 1 });
    const revoked = await this.token();
    await revokeApiToken(db, revoked.id, now);
    const disabled = await this.session('director', 'internal', ['north'], 'former');
    await disableAccount(db, 'former', now);
    await this.clock.advance(1);
    return {
      'an expired token': { authorization: expired.authorization },
      'a revoked token': { authorization: revoked.authorization },
      'the session of a disabled account': disabled,
      'a made-up token': { authorization: 'Bearer bwt_made-up' },
      'a made-up session': { cookie: 'bellwether_session=made-up' },
      "an agent's token": { authorization: 'Bearer bw_made-up' },
    };
  }

  async ask(method: string, url: string, headers: Record<string, string> = {}, payload?: object) {
    return this.server.app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(payload !== undefined && { payload }),
    });
  }
}
