import { expect, test } from 'vitest';
import { returnPath } from './return-path.ts';

test.each([
  ['/dashboard/acme/test/customers?search=ada', '/dashboard/acme/test/customers?search=ada'],
  ['/reset-password', '/reset-password'],
])('signing in returns to %s', (asked, expected) => {
  expect(returnPath(asked)).toBe(expected);
});

test.each([
  null,
  undefined,
  '',
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
  '/a\\..\\b',
  '/@evil.example',
  'javascript:alert(1)',
])('signing in never leaves the app for %s', (asked) => {
  expect(returnPath(asked)).toBe('/dashboard');
});
