import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { key, pageQuery, text } from './schemas.ts';
import { invalidRequest } from './validation.ts';

const event = z.strictObject({
  customer: text.min(1).max(5),
  meter: key,
  value: z.number().min(0),
  count: z.int().optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  kind: z.enum(['a', 'b', 'c']).optional(),
  days: z.union([z.literal(7), z.literal(30)]).optional(),
  tags: z.array(z.string()).min(1).max(2).optional(),
  filter: z
    .discriminatedUnion('operator', [
      z.strictObject({ operator: z.literal('is'), value: z.string() }),
      z.strictObject({ operator: z.enum(['in', 'not_in']), values: z.array(z.string()) }),
    ])
    .optional(),
  limit: z.strictObject({ seconds: z.int().min(1) }).optional(),
  properties: z.record(text.min(1).max(40), z.union([text.max(5), z.number(), z.boolean()])).optional(),
});
const batch = z.strictObject({ events: z.array(z.unknown()).min(1) });
const body = z.union([event, batch]);
const good = { customer: 'ada', meter: 'calls', value: 1 };

function refusalOf(schema: z.ZodType, input: unknown) {
  const { message, param } = invalidRequest(schema.safeParse(input).error?.issues ?? []);
  return { message, param };
}

describe('a refusal says what is wrong', () => {
  it.each([
    [{}, 'customer: is missing; meter: is missing; value: is missing', 'customer'],
    [{ ...good, value: '1' }, 'value: must be a number, not a text', 'value'],
    [{ ...good, value: null }, 'value: must be a number, not null', 'value'],
    [{ ...good, value: -1 }, 'value: must be at least 0', 'value'],
    [{ ...good, value: 1 / 0 }, 'value: must be a number, not Infinity', 'value'],
    [{ ...good, count: 1.5 }, 'count: must be a whole number, not 1.5', 'count'],
    [{ ...good, customer: 5 }, 'customer: must be a text, not 5', 'customer'],
    [{ ...good, customer: '' }, 'customer: must not be empty', 'customer'],
    [{ ...good, customer: 'abcdef' }, 'customer: must have at most 5 characters', 'customer'],
    [{ ...good, at: 'now' }, 'at: must be a time with its zone, such as 2026-11-21T18:00:00Z', 'at'],
    [
      { ...good, at: '2026-11-21T18:00:00 01:00' },
      'at: must be a time with its zone: in an address, write the + of +01:00 as %2B',
      'at',
    ],
    [{ ...good, kind: 'd' }, 'kind: must be a, b or c', 'kind'],
    [{ ...good, days: 8 }, 'days: must be 7 or 30, not 8', 'days'],
    [{ ...good, tags: [] }, 'tags: must have at least 1 item', 'tags'],
    [{ ...good, tags: 'a' }, 'tags: must be a list, not a text', 'tags'],
    [
      { ...good, filter: { operator: 'like' } },
      'filter.operator: must be is, in or not_in',
      'filter.operator',
    ],
    [{ ...good, filter: { operator: 'is' } }, 'filter.value: is missing', 'filter.value'],
    [{ ...good, limit: { seconds: 0 } }, 'limit.seconds: must be at least 1', 'limit.seconds'],
    [
      { ...good, properties: { plan: { a: 1 } } },
      'properties.plan: must be a text, a number or true or false, not an object',
      'properties.plan',
    ],
    [
      { ...good, properties: { plan: 'abcdef' } },
      'properties.plan: must have at most 5 characters',
      'properties.plan',
    ],
    [
      { ...good, properties: { '': 1 } },
      'properties.: is no possible name: use 1 to 40 characters',
      'properties.',
    ],
    [
      { ...good, properties: 'a' },
      'properties: must be an object of names and values, not a text',
      'properties',
    ],
  ])('with a field of %j', (input, message, param) => {
    expect(refusalOf(body, input)).toEqual({ message, param });
  });

  it('with each field that does not exist, also before those that are missing in the other shape', () => {
    expect(refusalOf(body, { ...good, when: 1, who: 2 }).message).toBe(
      'when: is no field of this request; who: is no field of this request',
    );
    expect(refusalOf(body, { customer: 'ada', properties: {} }).message).toBe(
      'meter: is missing; value: is missing',
    );
    expect(refusalOf(body, { events: [], meter: 'calls' }).param).toBe('events');
  });

  it('with what is wrong with the shape it has, where one of another kind was possible', () => {
    const oneOrSeveral = z.strictObject({ customer: z.union([text.min(1), z.array(text.min(1)).max(2)]) });
    expect(refusalOf(oneOrSeveral, { customer: ['a', 'b', 'c'] })).toEqual({
      message: 'customer: must have at most 2 items',
      param: 'customer',
    });
    expect(refusalOf(oneOrSeveral, { customer: ['a', ''] }).message).toBe('customer.1: must not be empty');
    expect(refusalOf(oneOrSeveral, { customer: '' }).message).toBe('customer: must not be empty');
    expect(refusalOf(oneOrSeveral, { customer: 1 }).message).toBe(
      'customer: must be a text or a list, not 1',
    );
  });

  it('with a body that is no object', () => {
    expect(refusalOf(body, [good])).toEqual({ message: 'send an object, not a list', param: undefined });
    expect(refusalOf(event, undefined).message).toBe('send a body, in JSON');
    expect(refusalOf(event, null).message).toBe('send an object, not null');
  });

  it('with a number in an address', () => {
    expect(refusalOf(pageQuery, { limit: 'many' }).message).toBe('limit: must be a number');
    expect(refusalOf(pageQuery, { limit: '0' }).message).toBe('limit: must be at least 1');
  });
});
