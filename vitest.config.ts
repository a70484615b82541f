import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // Real servers and real sockets share the machine's cores.
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
    globalSetup: ['test/support/postgres-setup.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'all', include: ['test/**/*.test.ts'], exclude: ['test/collector/state/postgres.test.ts'] },
      },
      {
        extends: true,
        // What works on the state database works on both of them: these run once more, on PostgreSQL.
        test: {
          name: 'postgres',
          include: [
            'test/collector/{state,notify,http,calendar}/**/*.test.ts',
            'test/collector/{desk,intake,lease-keeper}.test.ts',
          ],
          exclude: [
            'test/collector/notify/channels/**',
            'test/collector/state/database.test.ts',
            // Long, or made of deaths that only a database in the same process shows as they are: e2e/failover.test.ts kills for real.
            'test/collector/notify/{year,closings.property}.test.ts',
          ],
          env: { BELLWETHER_TEST_STATE: 'postgres' },
        },
      },
    ],
  },
});
