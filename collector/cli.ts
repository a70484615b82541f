import {
  type Arguments,
  type Command,
  processOutput,
  requireOptions,
  runCommandLine,
} from '../runtime/command-line.ts';
import { accessCommands } from './access-commands.ts';
import { loadCollectorConfig } from './config.ts';
import { formatWarning } from './engagement/lint/lint-problems.ts';

const config = { config: { type: 'string' } } as const;
const configOf = ({ values }: Arguments): string => String(values['config']);
const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

const commands: readonly Command[] = [
  {
    name: 'run',
    usage: '--config FILE',
    help: 'receive, store, decide who answers, tell them',
    options: config,
    required: ['config'],
    async run(args) {
      const { runCollector } = await import('./app.ts');
      return runCollector(configOf(args));
    },
  },
  {
    name: 'check',
    usage: '--config FILE',
    help: 'read FILE with its rules and schools and say what is wrong, without opening anything',
    options: config,
    required: ['config'],
    async run(args) {
      const { rules, schools, warnings } = loadCollectorConfig(configOf(args));
      for (const warning of warnings) processOutput.err(formatWarning(warning));
      processOutput.out(`${configOf(args)}: ok, ${plural(rules.length, 'rule')}, ${plural(schools.length, 'school')}`);
      return 0;
    },
  },
  {
    name: 'explain',
    usage: '--config FILE --alert JSON --at TIME [--school S] [--state JSON] [--json] | --batch',
    help: 'who would answer for an alert at a time, and why; --batch: JSON lines on stdin, a decision a line',
    options: {
      ...config,
      alert: { type: 'string' },
      at: { type: 'string' },
      school: { type: 'string' },
      state: { type: 'string' },
      json: { type: 'boolean' },
      batch: { type: 'boolean' },
    },
    async run(args) {
      const { explainBatch, explainOnce } = await import('./explain-command.ts');
      if (args.values['batch'] === true) return explainBatch();
      const { alert, at, school, state } = args.values;
      requireOptions('explain', args, ['config', 'alert', 'at']);
      return explainOnce(configOf(args), {
        alert: String(alert),
        at: String(at),
        json: args.values['json'] === true,
        ...(school !== undefined && { school: String(school) }),
        ...(state !== undefined && { state: String(state) }),
      });
    },
  },
  {
    name: 'coverage',
    usage: '--config FILE --from DATE --days N [--school S] [--domain D] [--json]',
    help: 'who answers for each domain when, hand-overs and gaps, as far as dates tell',
    options: {
      ...config,
      school: { type: 'string' },
      from: { type: 'string' },
      days: { type: 'string' },
      domain: { type: 'string' },
      json: { type: 'boolean' },
    },
    required: ['config', 'from', 'days'],
    async run(args) {
      const { printCoverage } = await import('./coverage-command.ts');
      const { school, from, days, domain, json } = args.values;
      return printCoverage(configOf(args), {
        from: String(from),
        days: String(days),
        json: json === true,
        ...(school !== undefined && { school: String(school) }),
        ...(domain !== undefined && { domain: String(domain) }),
      });
    },
  },
  {
    name: 'calendar preview',
    usage: '--config FILE [--school S] [--calendar C]',
    help: 'read the calendars that come from elsewhere once, and say which event becomes what',
    options: { ...config, school: { type: 'string' }, calendar: { type: 'string' } },
    required: ['config'],
    async run(args) {
      const { previewCalendar } = await import('./calendar-command.ts');
      const { school, calendar } = args.values;
      return previewCalendar(
        configOf(args),
        school === undefined ? undefined : String(school),
        calendar === undefined ? undefined : String(calendar),
      );
    },
  },
  {
    name: 'test-rules',
    usage: 'DIR [--rules FILE|DIR]',
    help: 'run the rule tests of a folder (series in, alerts out) and say what differs',
    options: { rules: { type: 'string' } },
    positionals: true,
    async run({ positionals, values }) {
      const { testRules } = await import('./test-rules-command.ts');
      const { rules } = values;
      return testRules(positionals[0] ?? '.', rules === undefined ? {} : { rules: String(rules) });
    },
  },
  {
    name: 'token create',
    usage:
      '--config FILE --school S --site T [--note TEXT] | --scope SCOPE --schools S,... [--party P] [--expires 90d]',
    help: "make an agent's token, or one of the API for a program (a role, or permissions), and print it, once",
    options: {
      ...config,
      school: { type: 'string' },
      site: { type: 'string' },
      note: { type: 'string' },
      scope: { type: 'string' },
      schools: { type: 'string' },
      party: { type: 'string' },
      expires: { type: 'string' },
    },
    required: ['config'],
    async run(args) {
      const { createAgentToken, createScopedToken } = await import('./token-command.ts');
      const text = (name: string, otherwise = ''): string => String(args.values[name] ?? otherwise);
      if (args.values['scope'] !== undefined)
        return createScopedToken(configOf(args), {
          scope: text('scope'),
          schools: text('schools'),
          party: text('party'),
          expires: text('expires', '90d'),
          note: text('note'),
        });
      requireOptions('token create', args, ['school', 'site']);
      return createAgentToken(configOf(args), text('school'), text('site'), text('note'));
    },
  },
  {
    name: 'token list',
    usage: '--config FILE',
    help: 'the tokens by id, school and site or scope (never the tokens themselves)',
    options: config,
    required: ['config'],
    async run(args) {
      const { listAllTokens } = await import('./token-command.ts');
      return listAllTokens(configOf(args));
    },
  },
  {
    name: 'token revoke',
    usage: '--config FILE --id ID',
    help: 'end a token: its agent or program is refused from then on',
    options: { ...config, id: { type: 'string' } },
    required: ['config', 'id'],
    async run(args) {
      const { revokeAnyToken } = await import('./token-command.ts');
      return revokeAnyToken(configOf(args), String(args.values['id']));
    },
  },
  ...accessCommands,
  {
    name: 'links revoke',
    usage: '--config FILE',
    help: 'end every link that messages carried so far; later messages carry new ones',
    options: config,
    required: ['config'],
    async run(args) {
      const { revokeLinks } = await import('./token-command.ts');
      return revokeLinks(configOf(args));
    },
  },
  {
    name: 'backup',
    usage: '--config FILE --to DIR',
    help: 'copy the state database and the embedded metrics store, while the collector runs',
    options: { ...config, to: { type: 'string' } },
    required: ['config', 'to'],
    async run(args) {
      const { backUp } = await import('./backup-command.ts');
      return backUp(configOf(args), String(args.values['to']));
    },
  },
];

/** Entry of the collector's command line; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.exitCode = await runCommandLine('collector', commands, argv);
}
