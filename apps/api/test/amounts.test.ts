import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const sources = [
  'apps/api/src',
  'apps/web/src',
  'packages/sdk/src',
  'packages/ui/src',
  'packages/local-stack/src',
];

/** `* amount`, `unit_amount /`, `price.amount) *`: an amount of money as a factor, a dividend or a divisor. */
const amountName = String.raw`[\w.]*(?:amount|Amount)(?:_\w+)?\b`;
const arithmetic = new RegExp(String.raw`${amountName}\)?\s[*/]\s|\s[*/]\s\(?${amountName}`);

function findings(path: string, text: string): string[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), at: `${path}:${index + 1}` }))
    .filter(({ line }) => !/^(\*|\/\/|\/\*)/.test(line) && arithmetic.test(line.replace(/\/\/.*$/, '')))
    .map(({ line, at }) => `${at} ${line}`);
}

// INV-30: floating point has no cents. packages/pricing multiplies and divides exactly.
describe('amounts of money', () => {
  it('are multiplied and divided in packages/pricing only', () => {
    const found = sources.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|\.gen\.ts$/.test(file))
        .flatMap((file) => findings(join(folder, file), readFileSync(join(root, folder, file), 'utf8'))),
    );
    expect(found).toEqual([]);
  });

  it.each([
    'const total = price.amount * quantity;',
    'Math.round((unit_amount / 100) * share)',
    'sum + quantity * item.amount',
    'amount_off / months',
    'monthlyAmount(price) + unitAmount * seats',
  ])('are found where they are: %s', (line) => {
    expect(findings('x.ts', line)).toHaveLength(1);
  });

  it.each([
    "import * as amount from 'amount';",
    '/** amount × 2 */',
    ' * The amount / month',
    'amount + fee',
  ])('are left alone elsewhere: %s', (line) => {
    expect(findings('x.ts', line)).toEqual([]);
  });
});
