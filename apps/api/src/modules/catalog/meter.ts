import type { Aggregation } from './meter.schemas.ts';

/**
 * Whether a meter's total of a period is a state that each event may replace, not a sum that it adds to: the highest of
 * 5 and 3 is 5. Stripe is told the whole value then, of which it keeps the last.
 */
export function isAbsolute({ aggregation }: { aggregation: Aggregation }): boolean {
  switch (aggregation) {
    case 'count':
    case 'sum':
      return false;
    case 'max':
    case 'unique':
    case 'latest':
      return true;
  }
}
