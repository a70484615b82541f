import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    // Real servers and real sockets share the machine's cores.
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter()],
  },
});
