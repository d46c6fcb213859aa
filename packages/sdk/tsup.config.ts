import { defineConfig, type Options } from 'tsup';

const common: Options = {
  format: ['esm', 'cjs'],
  target: 'es2022',
  // Each entry stands alone, and shares no state with others.
  splitting: false,
  sourcemap: true,
};

const entry = {
  index: 'src/index.ts',
  express: 'src/express.ts',
  fastify: 'src/fastify.ts',
  next: 'src/next.ts',
  nest: 'src/nest.ts',
};
/** The one entry that is for Node alone. */
const nodeEntry = { spool: 'src/spool.ts' };

export default defineConfig([
  { ...common, entry, platform: 'neutral', clean: true, tsconfig: 'tsconfig.build.json' },
  { ...common, entry: nodeEntry, platform: 'node', tsconfig: 'tsconfig.node.json' },
  // The types of all at once, so that those of the API are in the package once.
  {
    ...common,
    entry: { ...entry, ...nodeEntry, openapi: 'src/openapi.gen.ts' },
    dts: { only: true },
    tsconfig: 'tsconfig.node.json',
  },
]);
