import { defineConfig } from 'vitest/config';

/** The tests that a mutant of reading, delivery, letters, replay or budget can fail, but those that run the built function. */
export default defineConfig({
  test: {
    include: [
      'test/{arena,batch,budget,deliver,destinations,failure-rule,page-memory,pool,readings}.test.ts',
      'test/{replay,replay-faults,replay-ship,settlement,ship,trial}.test.ts',
      'test/langfuse/{merges-late,oversize,shown,strain,transports}.test.ts',
      'test/letters/*.test.ts',
    ],
    testTimeout: 20_000,
    pool: 'forks',
  },
});
