import { z } from 'zod';

/** A point in time: a `Date` inside, ISO 8601 in UTC on the wire. */
export const timestamp = z
  .date()
  .transform((date) => date.toISOString())
  .pipe(z.iso.datetime());

/** An amount of money in integer minor units of its currency: `{ amount: 1999, currency: 'usd' }` is $19.99. */
export const money = z
  .object({
    amount: z.int().describe('Integer minor units of the currency.'),
    currency: z.string().describe('Lower-case ISO 4217 code.'),
  })
  .meta({ id: 'Money' });

/**
 * Text of a caller. Postgres stores neither the character NUL nor half of a surrogate pair: refused here, they would
 * fail there.
 */
export const text = z
  .string()
  .refine((value) => !value.includes('\0') && value.isWellFormed(), 'must not hold NUL or half a character');

/** An address of a web page. */
export const webUrl = z
  .url({ protocol: /^https?$/ })
  .refine((value) => text.safeParse(value).success, 'must not hold NUL or half a character');

/** A key that people choose and type: `api_calls`. */
export const key = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_.-]{0,63}$/,
    'use 1 to 64 of a–z, 0–9, "_", "." and "-", beginning with a letter or digit',
  );

export const name = text.trim().min(1).max(100);

/** `:id` of a path: our id, or where the object has one, the caller's own. */
export const idParam = z.strictObject({ id: text.min(1).max(255) });

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many, at most 100.'),
  cursor: text
    .max(100)
    // An id of ours, or several. Anything else would compare as text, and begin anywhere.
    .regex(/_[0-9a-f]{32}$/, 'use next_cursor of the page before')
    .optional()
    .describe('`next_cursor` of the page before.'),
});

/** For a range of time: whether its ends stand in their order. Turned round, it would be empty without a word. */
export function endsInOrder({ from, to }: { from?: Date | undefined; to?: Date | undefined }): boolean {
  return from === undefined || to === undefined || from <= to;
}

export const notInOrder = { error: 'must not be before from', path: ['to'] };

export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

export interface Page<T> {
  data: T[];
  has_more: boolean;
  next_cursor: string | null;
}

/** The schema of a list's answer. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  });
}

/** A page from rows in descending order of id, of which one more than `limit` was asked for. */
export function pageFrom<T extends { id: string }>(rows: T[], limit: number): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const hasMore = rows.length > limit;
  return { data, has_more: hasMore, next_cursor: hasMore && last !== undefined ? last.id : null };
}

export const errorBody = z.object({
  error: z.object({
    code: z.string().describe('Stable and machine-readable.'),
    message: z.string().describe('For people: what is wrong and what to do.'),
    param: z.string().optional().describe('The parameter or field at fault.'),
    doc_url: z.string(),
    request_id: z.string(),
  }),
});
