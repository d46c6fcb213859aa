import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The tests share no module state, so the workers need not start anew for each file.
  test: { include: ['src/**/*.test.ts'], testTimeout: 10_000, isolate: false },
});
