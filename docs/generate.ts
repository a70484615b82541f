import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERMISSIONS, ROLES, roleMay } from '../collector/access/permission.ts';
import { catalogueMarkdown } from '../core/catalogue.ts';
import { ERROR_CODES } from '../core/errors.ts';
import { apiDocument } from './generate-api.ts';

/** Writes the documentation tables that come from code; CI runs it and refuses a difference. */
const lines = [
  '# Error codes',
  '',
  'Every error the product raises on purpose has a stable code, in logs as `code` and in messages in brackets. Generated from core/errors.ts by `npm run generate`.',
  '',
  '| code | what it means, what to do |',
  '| --- | --- |',
  ...Object.entries(ERROR_CODES).map(([code, help]) => `| \`${code}\` | ${help} |`),
  '',
];
writeFileSync(join(import.meta.dirname, 'errors.md'), lines.join('\n'));
writeFileSync(join(import.meta.dirname, 'metrics.md'), catalogueMarkdown());
writeFileSync(join(import.meta.dirname, 'openapi.json'), await apiDocument());

const roles = [
  '# Roles',
  '',
  'Who may do what at their schools. Generated from collector/access/permission.ts by `npm run generate`; each route of the API names its permission (`x-permission` in',
  '[openapi.json](openapi.json)). The operator, with the admin token, may do everything, at every school.',
  '',
  `| permission | ${ROLES.join(' | ')} |`,
  `| --- | ${ROLES.map(() => '---').join(' | ')} |`,
  ...PERMISSIONS.map(
    (permission) =>
      `| \`${permission}\` | ${ROLES.map((role) => (roleMay(role, permission).ok ? 'yes' : '')).join(' | ')} |`,
  ),
  '',
];
writeFileSync(join(import.meta.dirname, 'roles.md'), roles.join('\n'));
