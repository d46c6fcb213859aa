import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['journeys/**/*.test.ts'],
    globalSetup: 'src/global-setup.ts',
    // One stack and two cores: journeys run one after another.
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // The steps of a journey build on each other.
    bail: 1,
  },
});
