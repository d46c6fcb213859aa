import { BillingOSError } from '../core/errors.ts';

type Values = Record<string, unknown>;

/** `/api/v1/customers/{id}` with its values in place, each encoded so that it stays one segment. */
export function fillPath(template: string, values: Values = {}): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => segment(name, values[name]));
}

/** `?customer=user_42&limit=10`, or nothing. Only strings, numbers, booleans and lists of them can be in one. */
export function queryString(values: Values = {}): string {
  const search = new URLSearchParams();
  for (const [name, given] of Object.entries(values)) {
    for (const value of Array.isArray(given) ? given : [given]) {
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
        search.append(name, String(value));
      }
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function segment(name: string, value: unknown): string {
  // An empty segment or a dotted one names another route once the URL is normalised, encoded or not.
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..') {
    throw new BillingOSError(
      'argument_invalid',
      `"${name}" must be a non-empty string other than "." and "..".`,
    );
  }
  return encodeURIComponent(value);
}
