import { defineConfig, type Options } from 'tsup';

const common: Options = {
  format: ['esm', 'cjs'],
  target: 'es2022',
  // Each entry stands alone, and shares no state with others.
  splitting: false,
  dts: true,
  sourcemap: true,
};

export default defineConfig([
  {
    ...common,
    entry: ['src/index.ts', 'src/express.ts', 'src/fastify.ts', 'src/next.ts', 'src/nest.ts'],
    platform: 'neutral',
    clean: true,
    tsconfig: 'tsconfig.build.json',
  },
  // The one entry that is for Node alone.
  { ...common, entry: ['src/spool.ts'], platform: 'node', tsconfig: 'tsconfig.node.json' },
]);
