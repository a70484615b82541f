import { describe, expect, it } from 'vitest';
import { postgresName, readPostgresUrl } from '../../../collector/state/postgres-settings.ts';

describe('the address of a PostgreSQL', () => {
  it.each([
    [
      'postgres://bw:s3cret@db.example.org:6543/bellwether',
      { host: 'db.example.org', port: 6543, database: 'bellwether', user: 'bw', password: 's3cret' },
    ],
    [
      'postgresql://bw@127.0.0.1/bw',
      { host: '127.0.0.1', port: 5432, database: 'bw', user: 'bw', password: undefined },
    ],
    [
      'postgres://b%40w:p%2Fw%3A@[::1]/b%20w',
      { host: '::1', port: 5432, database: 'b w', user: 'b@w', password: 'p/w:' },
    ],
    [
      'postgres://bw@/state?host=/run/postgresql',
      { host: '/run/postgresql', port: 5432, database: 'state', user: 'bw', password: undefined },
    ],
  ])('%s', (text, settings) => expect(readPostgresUrl(text)).toEqual(settings));

  it.each([
    'mysql://bw@localhost/bw',
    'postgres://localhost/bw',
    'postgres://bw@localhost',
    'postgres://bw@localhost/',
    'postgres://bw@localhost/a/b',
    'postgres://bw@localhost/bw?sslmode=disable',
    'postgres:///bw?host=/run/postgresql',
    'postgres://bw:%E0@localhost/bw?',
    'bw',
  ])('%s is none', (text) => expect(readPostgresUrl(text)).toBeUndefined());

  it('is told without the password', () => {
    const names = ['postgres://bw:s3cret@db:6543/bw', 'postgres://bw:s3cret@/bw?host=/run/pg'].map((text) =>
      postgresName(readPostgresUrl(text)!),
    );
    expect(names).toEqual(['bw at db:6543', 'bw at /run/pg']);
  });
});
