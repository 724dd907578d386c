import { defineConfig } from 'vitest/config';

// Hooks build the bundles and launch Chromium: on a busy machine more than vitest's ten seconds.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 60_000, pool: 'forks' },
});
