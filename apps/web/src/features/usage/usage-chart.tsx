'use client';

import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatShortDay } from '../../formatting/dates.ts';
import { formatCompact, formatNumber } from '../../formatting/numbers.ts';

type UsageSummary = { events_total: number; by_day: { date: string; events: number }[] };

const tick = { fill: 'var(--muted)', fontSize: 11 };

/** Events a day. The picture is for the eye; the sentence under it tells the same to a screen reader. */
export function UsageChart({ summary }: { summary: UsageSummary }) {
  const { events_total, by_day } = summary;
  const top = by_day.reduce((best, day) => (day.events > best.events ? day : best), { date: '', events: 0 });
  if (events_total === 0) {
    return (
      <p className="grid h-48 place-items-center rounded-md border border-dashed text-sm text-muted">
        No events in the last 30 days
      </p>
    );
  }
  return (
    <figure className="relative h-full min-h-48 min-w-0">
      {/* The drawing follows its room a moment later: it must not widen the page meanwhile. */}
      <div aria-hidden className="absolute inset-0 overflow-hidden">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 192 }}>
          <BarChart
            data={by_day}
            margin={{ top: 8, right: 4, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="date"
              height={22}
              tickFormatter={formatShortDay}
              tick={tick}
              tickLine={false}
              axisLine={false}
              minTickGap={48}
            />
            <YAxis
              width={40}
              allowDecimals={false}
              tickFormatter={formatCompact}
              tick={tick}
              tickLine={false}
              axisLine={false}
            />
            <Tooltip
              cursor={{ fill: 'var(--hover)' }}
              content={({ active, payload }) => {
                const day: unknown = payload[0]?.payload;
                return active && isDay(day) ? <DayTip {...day} /> : null;
              }}
            />
            <Bar
              dataKey="events"
              fill="var(--accent)"
              radius={[3, 3, 0, 0]}
              maxBarSize={18}
              isAnimationActive={false}
            />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption className="sr-only">
        {formatNumber(events_total)} events in {by_day.length} days, most on{' '}
        {top.date ? formatShortDay(top.date) : 'none'} with {formatNumber(top.events)}.
      </figcaption>
    </figure>
  );
}

function DayTip({ date, events }: { date: string; events: number }) {
  return (
    <div className="rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-md">
      <p className="text-muted">{formatShortDay(date)}</p>
      <p className="font-medium tabular-nums">{formatNumber(events)} events</p>
    </div>
  );
}

function isDay(value: unknown): value is { date: string; events: number } {
  return typeof value === 'object' && value !== null && 'date' in value && 'events' in value;
}
