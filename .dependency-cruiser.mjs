/**
 * Who may import whom. docs/architecture.md says why; this file is what is enforced.
 */
import { moduleOrder } from './apps/api/src/modules/order.mjs';

const api = '^apps/api/src';
const test = '\\.test\\.tsx?$';
/** Tests, their fixtures and benchmarks may build what product code may not. */
const notProduct = ['\\.test\\.tsx?$', '^apps/api/(test|bench|scripts)/'];

/** One rule per module: everything that stands after it in the order is out of its reach. */
const upward = moduleOrder
  .map((name, index) => ({ name, above: moduleOrder.slice(index + 1) }))
  .filter(({ above }) => above.length > 0)
  .map(({ name, above }) => ({
    name: `module-order-${name}`,
    comment:
      'Modules import only down the order of apps/api/src/modules/order.mjs; speak upwards by an event row.',
    severity: 'error',
    from: { path: `${api}/modules/${name}/`, pathNot: test },
    to: { path: `${api}/modules/(${above.join('|')})/` },
  }));

export default {
  forbidden: [
    {
      name: 'no-cycle',
      comment:
        'Two files that need each other are one, or have a third between them. Types alone may refer back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'Every import must lead somewhere and be declared in the package that uses it.',
      severity: 'error',
      from: {},
      // The SDK is resolved to what its build makes, which a fresh clone does not have yet; the types stage builds it.
      to: { couldNotResolve: true, pathNot: '^(next|server-only|@billingos/sdk)' },
    },
    ...upward,
    {
      name: 'module-in-order',
      comment: 'A new module needs its place in apps/api/src/modules/order.mjs.',
      severity: 'error',
      from: { path: api },
      to: { path: `${api}/modules/[^/]+/`, pathNot: `${api}/modules/(${moduleOrder.join('|')})/` },
    },
    {
      name: 'own-repository',
      comment: 'A module uses another module’s service or pure files, never its SQL.',
      severity: 'error',
      from: { path: `${api}/modules/([^/]+)/`, pathNot: test },
      to: { path: `${api}/modules/[^/]+/[^/]+\\.repository\\.ts$`, pathNot: `${api}/modules/$1/` },
    },
    {
      name: 'platform-knows-no-billing',
      severity: 'error',
      from: { path: `${api}/platform/`, pathNot: test },
      to: { path: [`${api}/(modules|stripe)/`] },
    },
    {
      name: 'stripe-knows-no-module',
      severity: 'error',
      from: { path: `${api}/stripe/`, pathNot: test },
      to: { path: `${api}/modules/` },
    },
    {
      name: 'stripe-in-one-folder',
      comment: 'Only apps/api/src/stripe speaks Stripe’s language; the rest speaks ours.',
      severity: 'error',
      from: { path: '^apps/', pathNot: [`${api}/stripe/`, ...notProduct] },
      to: { path: 'node_modules/stripe/' },
    },
    {
      name: 'schema-types-in-repositories',
      comment: 'Tables are known to repositories and the database layer only.',
      severity: 'error',
      from: { path: api, pathNot: ['\\.repository\\.ts$', `${api}/platform/database/`, ...notProduct] },
      to: { path: 'schema\\.gen\\.ts$' },
    },
    {
      name: 'web-without-api',
      comment: 'The web app talks to the api over HTTP, with the SDK’s types.',
      severity: 'error',
      from: { path: '^(apps/web|packages/ui)/' },
      to: { path: '^apps/api/' },
    },
    {
      name: 'packages-without-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'ui-without-packages',
      severity: 'error',
      from: { path: '^packages/ui/' },
      to: { path: '^packages/(?!ui/)' },
    },
    {
      name: 'emulator-is-independent',
      comment: 'The emulator must not agree with us by sharing our code.',
      severity: 'error',
      from: { path: '^packages/stripe-emulator/' },
      to: { path: '^(apps|packages)/', pathNot: '^packages/stripe-emulator/' },
    },
    {
      name: 'sdk-has-no-dependency',
      severity: 'error',
      from: { path: '^packages/sdk/src/', pathNot: test },
      to: { path: ['^(apps|packages)/', 'node_modules/'], pathNot: '^packages/sdk/' },
    },
    {
      name: 'no-barrel',
      comment: 'A package’s exports map names its files; only the published SDK has one entry.',
      severity: 'error',
      from: {},
      to: { path: '^(apps|packages)/.*/index\\.tsx?$', pathNot: '^packages/sdk/src/index\\.ts$' },
    },
    {
      name: 'no-drawer',
      comment: 'No utils, helpers, common or shared: a file is named after what it is.',
      severity: 'error',
      from: {},
      to: { path: '^(apps|packages)/.*/(utils?|helpers?|common|shared)(/|\\.tsx?$)' },
    },
    {
      name: 'tests-stay-tests',
      comment: 'What ships imports nothing from tests, fixtures or the local stack.',
      severity: 'error',
      from: { path: '^(apps/(api|web)/src|packages/(sdk|ui)/src)/', pathNot: test },
      to: {
        path: [test, '^apps/api/(test|bench)/', '^packages/(local-stack|stripe-emulator)/', '^apps/e2e/'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|/\\.next/|/next-env\\.d\\.ts)' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.css', '.json'],
    },
  },
};
