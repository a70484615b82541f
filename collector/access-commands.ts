import type { Arguments, Command } from '../runtime/command-line.ts';

const config = { config: { type: 'string' } } as const;
const textOf = ({ values }: Arguments, name: string): string => String(values[name] ?? '');
const login = { ...config, login: { type: 'string' }, 'password-stdin': { type: 'boolean' } } as const;

/** Who may come in, and what they did: `account ...`, `audit ...`. */
export const accessCommands: readonly Command[] = [
  {
    name: 'account add',
    usage: '--config FILE --login L --role R --schools S,... [--name NAME] [--party P] [--password-stdin]',
    help: 'let somebody log in (director, specialist, provider_technician, provider_lead, auditor); makes a password and prints it, once',
    options: {
      ...login,
      name: { type: 'string' },
      role: { type: 'string' },
      party: { type: 'string' },
      schools: { type: 'string' },
    },
    required: ['config', 'login', 'role', 'schools'],
    async run(args) {
      const { accountAdd } = await import('./account-command.ts');
      return accountAdd(textOf(args, 'config'), {
        login: textOf(args, 'login'),
        name: textOf(args, 'name'),
        role: textOf(args, 'role'),
        party: textOf(args, 'party'),
        schools: textOf(args, 'schools'),
        passwordStdin: args.values['password-stdin'] === true,
      });
    },
  },
  {
    name: 'account list',
    usage: '--config FILE',
    help: 'the accounts by login, role, party and schools (never passwords)',
    options: config,
    required: ['config'],
    async run(args) {
      const { accountList } = await import('./account-command.ts');
      return accountList(textOf(args, 'config'));
    },
  },
  {
    name: 'account disable',
    usage: '--config FILE --login L',
    help: 'end an account and its sessions at once',
    options: { ...config, login: { type: 'string' } },
    required: ['config', 'login'],
    async run(args) {
      const { accountDisable } = await import('./account-command.ts');
      return accountDisable(textOf(args, 'config'), textOf(args, 'login'));
    },
  },
  {
    name: 'account password',
    usage: '--config FILE --login L [--password-stdin]',
    help: 'set another password, which ends the sessions; without --password-stdin it is made and printed, once',
    options: login,
    required: ['config', 'login'],
    async run(args) {
      const { accountPassword } = await import('./account-command.ts');
      return accountPassword(textOf(args, 'config'), textOf(args, 'login'), args.values['password-stdin'] === true);
    },
  },
  {
    name: 'account totp',
    usage: '--config FILE --login L [--remove]',
    help: 'ask for a code of an authenticator app besides the password (RFC 6238), and print its secret, once; or no longer',
    options: { ...config, login: { type: 'string' }, remove: { type: 'boolean' } },
    required: ['config', 'login'],
    async run(args) {
      const { accountTotp } = await import('./account-command.ts');
      return accountTotp(textOf(args, 'config'), textOf(args, 'login'), args.values['remove'] === true);
    },
  },
  {
    name: 'admin-token replace',
    usage: '--config FILE',
    help: 'make another admin token, for one that was lost or seen by others; ends every session',
    options: config,
    required: ['config'],
    async run(args) {
      const { adminTokenReplace } = await import('./account-command.ts');
      return adminTokenReplace(textOf(args, 'config'));
    },
  },
  {
    name: 'audit verify',
    usage: '[FILE] [--config FILE] [--head SEQ:HASH]',
    help: 'follow the audit log row by row, of an exported FILE or of every chain of the state database, and say where it is broken',
    options: { ...config, head: { type: 'string' } },
    positionals: true,
    async run(args) {
      const { auditVerify } = await import('./audit-command.ts');
      const { config: file, head } = args.values;
      return auditVerify({
        file: args.positionals[0],
        config: file === undefined ? undefined : String(file),
        head: head === undefined ? undefined : String(head),
      });
    },
  },
  {
    name: 'audit export',
    usage: '--config FILE [--school S]',
    help: 'the audit log of a school, or of the installation, as JSON lines; where it ends goes to stderr: keep it',
    options: { ...config, school: { type: 'string' } },
    required: ['config'],
    async run(args) {
      const { auditExport } = await import('./audit-command.ts');
      return auditExport(textOf(args, 'config'), textOf(args, 'school'));
    },
  },
];
