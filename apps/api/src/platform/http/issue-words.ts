import { z } from 'zod';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object of names and values',
  array: 'a list',
  null: 'null',
};

/** What is wrong with a value, for people who do not know the schema; undefined where its own words say it. */
export function wordsOf(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return wrongKind(issue.expected, issue.input, (issue.path ?? []).length === 0);
    case 'invalid_value':
      return `must be ${listed(issue.values.map(String))}`;
    case 'invalid_union':
      return alternatives(issue);
    case 'unrecognized_keys':
      return 'is no field of this request';
    case 'invalid_key':
      return 'is no possible name: use 1 to 40 characters';
    case 'too_small':
      return limited(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      return limited(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'invalid_format':
      return formats[issue.format]?.(String(issue.input));
    default:
      return undefined;
  }
}

const formats: Record<string, ((input: string) => string) | undefined> = {
  datetime: (input) =>
    / \d\d:?\d\d$/.test(input)
      ? 'must be a time with its zone: in an address, write the + of +01:00 as %2B'
      : 'must be a time with its zone, such as 2026-11-21T18:00:00Z',
  date: () => 'must be a date such as 2026-11-21',
  email: () => 'must be an e-mail address',
  url: () => 'must be an address such as https://example.com/page',
};

function limited(issue: { origin: string }, limit: number | bigint, comparison: string): string {
  switch (issue.origin) {
    case 'string':
      return comparison === 'at least' && Number(limit) === 1
        ? 'must not be empty'
        : `must have ${comparison} ${limit} characters`;
    case 'array':
    case 'set':
      return `must have ${comparison} ${limit} ${Number(limit) === 1 ? 'item' : 'items'}`;
    default:
      return `must be ${comparison} ${limit}`;
  }
}

/** Of a value that may be of several kinds: all of them. Undefined where the kinds are shapes of an object. */
function alternatives(union: Extract<Issue, { code: 'invalid_union' }>): string | undefined {
  const { errors, input, path } = union;
  if ('options' in union && Array.isArray(union.options)) {
    return `must be ${listed(union.options.map(String))}`;
  }
  const wanted = errors.flat().map((issue) => {
    switch (issue.code) {
      case 'invalid_type':
        return kinds[issue.expected] ?? issue.expected;
      case 'invalid_value':
        return listed(issue.values.map(String));
      default:
        return undefined;
    }
  });
  const known = [...new Set(wanted)].filter((kind) => kind !== undefined);
  if (known.length === 0 || known.length < new Set(wanted).size) {
    return undefined;
  }
  return known.join() === kinds['object']
    ? wrongKind('object', input, (path ?? []).length === 0)
    : `must be ${listed(known)}, not ${shown(input)}`;
}

function wrongKind(expected: string, input: unknown, isWhole: boolean): string {
  if (isWhole && expected === 'object') {
    return input === undefined ? 'send a body, in JSON' : `send an object, not ${shown(input)}`;
  }
  if (input === undefined) {
    return 'is missing';
  }
  const wanted = `must be ${kinds[expected] ?? expected}`;
  // What an address says is a text, whatever it was to become.
  return Number.isNaN(input) ? wanted : `${wanted}, not ${shown(input)}`;
}

function shown(input: unknown): string {
  switch (typeof input) {
    case 'string':
      return 'a text';
    case 'number':
    case 'boolean':
      return String(input);
    default:
      return input === null ? 'null' : Array.isArray(input) ? 'a list' : 'an object';
  }
}

function listed(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length < 2 ? last : `${values.slice(0, -1).join(', ')} or ${last}`;
}
