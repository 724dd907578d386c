import { defineConfig } from 'vitest/config';

/** The tests that a mutant of delivery, letters, replay or budget can fail: those that take long are left out. */
export default defineConfig({
  test: {
    include: [
      'test/{deliver,failure-rule,budget,batch,ship}.test.ts',
      'test/replay*.test.ts',
      'test/langfuse/*.test.ts',
      'test/letters/*.test.ts',
    ],
    exclude: ['test/langfuse/poison.test.ts'],
    testTimeout: 20_000,
    pool: 'forks',
  },
});
