import type Stripe from 'stripe';
import { badParameter, missing } from './errors.ts';
import { text, whole, type Params, type Range } from './params.ts';

/** The parameters of every list. */
export const pageFields = { limit: whole, starting_after: text, ending_before: text };

/**
 * One page of `documents`, which come oldest first and are listed newest first. `limit` is 1 to 100,
 * 10 when absent; a cursor that names no object is `resource_missing`. The cursor itself need not match
 * `keep`: an object may have changed since the page before.
 */
export function page<T extends { id: string }>(
  documents: Iterable<T>,
  params: Params<typeof pageFields>,
  url: string,
  keep: (document: T) => boolean = () => true,
): Stripe.ApiList<T> {
  const limit = params.limit ?? 10;
  if (limit < 1 || limit > 100) {
    throw badParameter('This value must be between 1 and 100.', 'limit', 'parameter_invalid_integer');
  }
  const all = [...documents].reverse();
  if (params.ending_before !== undefined) {
    const before = all.slice(0, indexOf(all, params.ending_before, 'ending_before')).filter(keep);
    const start = Math.max(0, before.length - limit);
    return { object: 'list', data: before.slice(start), has_more: start > 0, url };
  }
  const start =
    params.starting_after === undefined ? 0 : indexOf(all, params.starting_after, 'starting_after') + 1;
  const after = all.slice(start).filter(keep);
  return { object: 'list', data: after.slice(0, limit), has_more: after.length > limit, url };
}

function indexOf(all: { id: string }[], id: string, param: string): number {
  const index = all.findIndex((document) => document.id === id);
  if (index < 0) throw missing('object', id, param);
  return index;
}

/** A complete list of everything given, as embedded in other objects. */
export function listOf<T>(data: T[], url: string): Stripe.ApiList<T> {
  return { object: 'list', data, has_more: false, url };
}

/** Whether a time lies within the bounds of a list filter such as `created[gte]`. */
export function within(at: number, bounds: Range | undefined): boolean {
  if (bounds === undefined) return true;
  return (
    at > (bounds.gt ?? -Infinity) &&
    at >= (bounds.gte ?? -Infinity) &&
    at < (bounds.lt ?? Infinity) &&
    at <= (bounds.lte ?? Infinity)
  );
}
