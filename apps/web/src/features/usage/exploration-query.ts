import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import { beginOf, type Interval, previousOf, type Range } from './exploration.ts';

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
