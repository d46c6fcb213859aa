'use client';

import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';
import { ranges } from './exploration.ts';

const intervals = ['hour', 'day', 'month'] as const;

/** What is looked at is in the address, so that it can be sent to somebody. */
export function useExplored() {
  const [wished, choose] = useQueryStates({
    meter: parseAsString,
    range: parseAsStringLiteral(ranges).withDefault('month'),
    interval: parseAsStringLiteral(intervals),
    by: parseAsString,
    customer: parseAsString,
    compare: parseAsBoolean.withDefault(false),
  });
  return { wished, choose: (change: Parameters<typeof choose>[0]) => void choose(change) };
}
