import { defineConfig } from 'vitest/config';

/** The tests that a mutant of delivery, letters, replay or budget can fail; those that run the built function are left out. */
export default defineConfig({
  test: {
    include: [
      'test/{deliver,failure-rule,budget,batch,ship,replay,replay-faults}.test.ts',
      'test/langfuse/{merges-late,oversize,shown,strain,transports}.test.ts',
      'test/letters/*.test.ts',
    ],
    testTimeout: 20_000,
    pool: 'forks',
  },
});
