import { defineConfig } from 'vitest/config';

// Hooks build the bundles and launch Chromium, and a page is drawn when it is: on a busy machine not within vitest's times.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
  },
});
