import { isIPv6 } from 'node:net';
import { systemClock } from '../../runtime/clock.ts';
import { type Command, processOutput, UsageError } from '../../runtime/command-line.ts';
import type { SnmpCredentials } from '../config.ts';
import { CREDENTIAL_OPTIONS, CREDENTIAL_USAGE, credentialsFromOptions } from '../credential-options.ts';
import { createFastDriver } from '../drivers/fast/session.ts';
import { createResolver } from '../drivers/resolve.ts';
import { ProfileLibrary } from '../profile/library.ts';
import { loadProfiles } from '../profile/load.ts';
import { probePage } from './page.ts';
import { type ProbeAnswer, type ProbeTarget, probeAll } from './probe.ts';

/** Devices looked at at the same time. */
const WIDTH = 32;
/** One pass over one device takes no longer than this. */
const BUDGET_MS = 120_000;

/** `agent probe`: one pass over each device, a page (or a JSON line) as soon as it is ready. Exit code 1 when one of them said nothing. */
export const probeCommand: Command = {
  name: 'probe',
  usage: `[--json] [--profiles DIR] ${CREDENTIAL_USAGE} HOST[:PORT]...`,
  help: 'look at devices once and say what they are and how they do',
  options: { ...CREDENTIAL_OPTIONS, json: { type: 'boolean' }, profiles: { type: 'string' } },
  positionals: true,
  async run(args) {
    if (args.positionals.length === 0) throw new UsageError('probe: at least one HOST[:PORT] must be given');
    const credentials = credentialsFromOptions(args) ?? DEFAULT_CREDENTIALS;
    const targets = args.positionals.map((text) => targetOf(text, credentials));
    const folder = args.values['profiles'];
    const set = loadProfiles(typeof folder === 'string' ? folder : undefined);
    for (const reason of set.disabled) processOutput.err(`profile disabled: ${reason}`);
    const json = args.values['json'] === true;
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    let silent = 0;
    const deps = {
      library: new ProfileLibrary(set),
      clock: systemClock,
      resolve: createResolver(systemClock),
      open: createFastDriver(systemClock),
    };
    await probeAll(deps, targets, { width: WIDTH, budgetMs: BUDGET_MS, signal: stop.signal }, (answer) => {
      if (!answer.facts) silent++;
      processOutput.out(json ? probeLine(answer) : probePage(answer));
    });
    return silent > 0 || stop.signal.aborted ? 1 : 0;
  },
};

const DEFAULT_CREDENTIALS: SnmpCredentials = {
  version: '2c',
  community: 'public',
  port: 161,
  timeout: 2000,
  retries: 2,
  max_repetitions: 25,
};

/** `host`, `host:port`, `[IPv6]:port` or a bare IPv6 address. */
function targetOf(text: string, credentials: SnmpCredentials): ProbeTarget {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const [host, port] = bracketed
    ? [bracketed[1]!, bracketed[2]]
    : isIPv6(text)
      ? [text, undefined]
      : [text.replace(/:\d+$/, ''), /:(\d+)$/.exec(text)?.[1]];
  const number = port === undefined ? credentials.port : Number(port);
  if (host === '' || number < 1 || number > 65_535)
    throw new UsageError(`probe: expected HOST or HOST:PORT, got "${text}"`);
  return { target: text, host, credentials: { ...credentials, port: number } };
}

function probeLine({ target, facts, outcome, detail, durationMs }: ProbeAnswer): string {
  return JSON.stringify({
    target,
    outcome,
    ...(detail === undefined ? {} : { detail }),
    duration_ms: durationMs,
    ...facts,
  });
}
