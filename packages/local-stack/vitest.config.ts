import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts'],
    // Real servers start in these tests.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
