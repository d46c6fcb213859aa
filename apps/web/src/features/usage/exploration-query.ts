import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { UsageRecord } from '../../api/types.ts';
import { beginOf, day_ms, type Interval, previousOf, type Range } from './exploration.ts';

/** So many rows the table has. */
const top = 20;

export type Explored = {
  meter: string;
  range: Range;
  interval: Interval;
  by: string | null;
  customer: string | null;
};

/** What was used of a meter in a range; `isBefore`: in as long a time before it. */
export function explorationQuery(api: EnvironmentApi, explored: Explored, isBefore = false) {
  const { meter, range, interval, by, customer } = explored;
  const now = Date.now();
  const previous = previousOf(range, now);
  const query = {
    meter,
    interval,
    ...(isBefore
      ? previous && { from: previous.from.toISOString(), to: previous.to.toISOString() }
      : { from: beginOf(range, now).toISOString() }),
    ...(by ? { group_by: by, top } : {}),
    ...(customer ? { customer } : {}),
  };
  return queryOptions({
    queryKey: [api.environment_id, 'usage', 'explore', query],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/usage/explore', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}

/** So many days are drawn one by one; longer periods month by month. */
const drawnDays = 92;

/** How a period of a customer came to its total. */
export function periodExplorationQuery(
  api: EnvironmentApi,
  { customer, meter, period_start, period_end }: UsageRecord,
) {
  const ends = Date.parse(period_end);
  const isLong = ends - Date.parse(period_start) > drawnDays * day_ms;
  const query = {
    meter,
    customer: customer.id,
    interval: isLong ? ('month' as const) : ('day' as const),
    from: period_start,
    // Up to now while it goes on.
    ...(ends <= Date.now() ? { to: period_end } : {}),
  };
  return queryOptions({
    queryKey: [api.environment_id, 'usage', 'explore', query],
    queryFn: ({ signal }) => unwrap(api.client.GET('/api/v1/usage/explore', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
}
