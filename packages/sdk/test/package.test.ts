import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const packageDir = fileURLToPath(new URL('..', import.meta.url));
const bin = (name: string) => join(packageDir, 'node_modules', '.bin', name);

const usage = `
const billing = new BillingOS({ secretKey: 'bos_sk_test_' + 'a'.repeat(39), baseUrl: 'http://127.0.0.1:9', retriesMax: 0 });
billing.check('user_42', 'exports').then(({ allowed, reason, degraded }) => {
  process.stdout.write([allowed, reason, degraded, new NotFoundError({ status: 404, code: 'x', message: 'x' }) instanceof APIError].join(' '));
});
`;

const resources = [
  ...['addOns', 'checkout', 'coupons', 'credits', 'customers', 'disputes', 'entitlements', 'features'],
  ...['invoices', 'keys', 'meters', 'plans', 'projects', 'requests', 'subscriptions', 'usage'],
];

/** The package as npm would install it: packed, unpacked, and nothing of the workspace around it. */
let consumer: string;
beforeAll(() => {
  const source = mkdtempSync(join(tmpdir(), 'billingos-sdk-source-'));
  consumer = mkdtempSync(join(tmpdir(), 'billingos-sdk-consumer-'));
  try {
    execFileSync(bin('tsup'), ['--out-dir', join(source, 'dist')], { cwd: packageDir, stdio: 'pipe' });
    for (const name of ['package.json', 'README.md', 'LICENSE', 'src', 'test']) {
      cpSync(join(packageDir, name), join(source, name), { recursive: true });
    }
    execFileSync('npm', ['pack', '--pack-destination', source], { cwd: source, stdio: 'pipe' });
    const [tarball = ''] = readdirSync(source).filter((name) => name.endsWith('.tgz'));
    const installed = join(consumer, 'node_modules', '@billingos', 'sdk');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(source, tarball), '-C', installed, '--strip-components=1']);
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}, 120_000);
afterAll(() => rmSync(consumer, { recursive: true, force: true }));

function run(file: string, text: string): string {
  writeFileSync(join(consumer, file), text);
  return execFileSync(process.execPath, [file], { cwd: consumer, encoding: 'utf8' });
}

describe('the packed package', () => {
  it('holds what is built, its types and its papers, and nothing else', () => {
    const installed = join(consumer, 'node_modules', '@billingos', 'sdk');
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
      // Types that entries share have a name of the bundler's choice.
      .filter((name) => !/-[\w-]{8}\.d\.c?ts$/.test(name));

    expect(files.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      ...['express', 'fastify', 'index', 'nest', 'next', 'openapi', 'spool'].flatMap((entry) =>
        (entry === 'openapi' ? ['d.cts', 'd.ts'] : ['cjs', 'cjs.map', 'd.cts', 'd.ts', 'js', 'js.map']).map(
          (kind) => `dist/${entry}.${kind}`,
        ),
      ),
      'package.json',
    ]);
  });

  it('works for an ES module', () => {
    const output = run(
      'consumer.mjs',
      `import { APIError, BillingOS, NotFoundError } from '@billingos/sdk';${usage}`,
    );

    expect(output).toBe('false unreachable true true');
  });

  it('works for a CommonJS module', () => {
    const output = run(
      'consumer.cjs',
      `const { APIError, BillingOS, NotFoundError } = require('@billingos/sdk');${usage}`,
    );

    expect(output).toBe('false unreachable true true');
  });

  it('has types for both, also under strict rules, and the types of the API', () => {
    const lines = `
export const billing = new BillingOS();
export const plans: PromiseLike<{ data: { key: string; prices: { amount: { amount: number; currency: string } | null }[] }[] }> = billing.plans.list();
export const allowed: Promise<boolean> = billing.hasFeature('user_42', 'exports', { signal: undefined });
// @ts-expect-error a customer has no such field
void billing.customers.create({ colour: 'red' });
`;
    const types = `import type { paths } from '@billingos/sdk/openapi';\nexport type Routes = keyof paths;\n`;
    const gates = ['express', 'fastify', 'nest']
      .map((entry) => `export { gate as ${entry}Gate } from '@billingos/sdk/${entry}';\n`)
      .concat(`export { fileSpool } from '@billingos/sdk/spool';\n`)
      .join('');
    const next = `import { gate } from '@billingos/sdk/next';
export const GET = gate(billing, { feature: 'exports' }, () => Response.json({}));\n`;
    const imports = `import { BillingOS } from '@billingos/sdk';\n`;
    writeFileSync(join(consumer, 'esm.mts'), `${imports}${gates}${types}${lines}${next}`);
    writeFileSync(join(consumer, 'cjs.cts'), `${imports}${gates}${lines}`);

    const { status, stdout } = spawnSync(
      bin('tsc'),
      [
        ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
        ...['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom', 'esm.mts', 'cjs.cts'],
      ],
      { cwd: consumer, encoding: 'utf8' },
    );

    expect(stdout).toBe('');
    expect(status).toBe(0);
  }, 120_000);

  it('is found by those who bundle and by the rules of old, and its types can be named by whoever exports theirs', () => {
    const lines = `
import { BillingOS } from '@billingos/sdk';
import { gate as express } from '@billingos/sdk/express';
import { gate as fastify } from '@billingos/sdk/fastify';
import { gate as nest } from '@billingos/sdk/nest';
import { gate as next } from '@billingos/sdk/next';
import type { components } from '@billingos/sdk/openapi';
import { fileSpool } from '@billingos/sdk/spool';
export type Customer = components['schemas']['Customer'];
export const billing = new BillingOS({ spool: fileSpool({ path: 'usage.spool' }) });
export const gates = [express(billing), fastify(billing), nest(billing), next(billing, {}, () => new Response())];
${resources.map((name) => `export const ${name} = billing.${name};`).join('\n')}
`;
    writeFileSync(join(consumer, 'exports.ts'), lines);

    for (const rules of [
      ['--module', 'esnext', '--moduleResolution', 'bundler'],
      ['--module', 'commonjs', '--moduleResolution', 'node10'],
    ]) {
      const { stdout } = spawnSync(
        bin('tsc'),
        [
          ...['--declaration', '--emitDeclarationOnly', '--outDir', 'declared', '--strict'],
          ...['--target', 'es2022', '--lib', 'es2022,dom', ...rules, 'exports.ts'],
        ],
        { cwd: consumer, encoding: 'utf8' },
      );

      expect(stdout).toBe('');
    }
  }, 120_000);

  it('does what its README shows', () => {
    const readme = readFileSync(join(packageDir, 'README.md'), 'utf8');
    const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) =>
      code.includes('new BillingOS(')
        ? code
        : `import { BillingOS } from '@billingos/sdk';\nconst billing = new BillingOS();\n${code}`,
    );
    const files = snippets.map((code, index) => {
      writeFileSync(join(consumer, `readme-${index}.mts`), `${code}\nexport {};\n`);
      return `readme-${index}.mts`;
    });
    // What the snippets use of frameworks; that the gates fit the real ones is shown where those are installed.
    writeFileSync(
      join(consumer, 'frameworks.d.ts'),
      `declare module 'express' {
  type Handler = (request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse & { json(body: unknown): void }, next: (error?: unknown) => void) => unknown;
  export default function express(): { use(path: string, handler: Handler): void; get(path: string, handler: Handler): void };
}
declare module 'fastify' {
  export default function fastify(): { addHook(name: 'onRequest', hook: (request: never, reply: never) => Promise<unknown>): void };
}\n`,
    );

    const { status, stdout } = spawnSync(
      bin('tsc'),
      [
        ...[
          '--noEmit',
          '--strict',
          '--exactOptionalPropertyTypes',
          '--noUncheckedIndexedAccess',
          '--skipLibCheck',
        ],
        ...['--typeRoots', join(packageDir, 'node_modules', '@types'), '--types', 'node'],
        ...['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom'],
        ...['frameworks.d.ts', ...files],
      ],
      { cwd: consumer, encoding: 'utf8' },
    );

    expect(snippets.length).toBeGreaterThan(5);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  }, 120_000);
});
