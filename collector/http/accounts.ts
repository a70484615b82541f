import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import { disableAccount, listAccounts } from '../state/accounts.ts';
import { listApiTokens, revokeApiToken } from '../state/api-tokens.ts';
import type { StateDb } from '../state/database.ts';
import { listTokens } from '../state/tokens.ts';
import { api } from './api-route.ts';
import { accountListReply, tokenListReply } from './schema/access-schema.ts';

export interface AccountRouteDeps {
  readonly db: StateDb;
  readonly clock: Clock;
  /** Ends an agent's token here at once. */
  readonly agentTokens: { revoke(id: string): Promise<boolean> };
}

const access = 'accounts.manage';
const ACCOUNTS = api({ access, summary: 'Accounts, without passwords', replies: { 200: accountListReply } });
const DISABLE = api({
  access,
  summary: 'End an account and its sessions',
  body: z.strictObject({}).nullish(),
  replies: { 204: null },
});
const TOKENS = api({
  access,
  summary: 'Tokens of programs and of agents, without secrets',
  replies: { 200: tokenListReply },
});
const REVOKE = api({ access, summary: 'End a token', replies: { 204: null } });

/** For the operator: who and what may come in, and how to put an end to it. They are made on the command line, where a secret is shown once. */
export function accountRoutes({ db, clock, agentTokens }: AccountRouteDeps): FastifyPluginAsync {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'private, no-store'));
    app.get('/api/accounts', ACCOUNTS, async () => ({ accounts: await listAccounts(db) }));
    app.post<{ Params: { login: string } }>('/api/accounts/:login/disable', DISABLE, async ({ params }, reply) => {
      const done = await disableAccount(db, params.login, clock.now());
      return done ? reply.code(204).send() : reply.code(404).send({ error: 'no such account that is still good' });
    });
    app.get('/api/tokens', TOKENS, async () => ({
      tokens: await listApiTokens(db),
      agents: (await listTokens(db)).map(({ tokenId, ...rest }) => ({ id: tokenId, ...rest })),
    }));
    app.delete<{ Params: { id: string } }>('/api/tokens/:id', REVOKE, async ({ params }, reply) => {
      const done = (await revokeApiToken(db, params.id, clock.now())) || (await agentTokens.revoke(params.id));
      return done ? reply.code(204).send() : reply.code(404).send({ error: 'no such token that is still good' });
    });
  };
}
