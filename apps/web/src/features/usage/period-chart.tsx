'use client';

import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { UsageExploration, UsageRecord } from '../../api/types.ts';
import { formatDay, formatMonth, formatShortDay } from '../../formatting/dates.ts';
import { formatCompact, formatExact } from '../../formatting/numbers.ts';
import { type Interval, pointsOf } from './exploration.ts';
import { type Limit, type PeriodPoint, periodUse } from './period-use.ts';

type PeriodChartProps = { exploration: UsageExploration; period: UsageRecord; limits: readonly Limit[] };

const tick = { fill: 'var(--muted)', fontSize: 11 };
const margin = { top: 16, right: 4, bottom: 0, left: 0 };
/** A limit so many times above what was used would press the use flat: it is said in words alone. */
const farAway = 20;

/** How a period's use grew, against what is allowed of it. */
export function PeriodChart({ exploration, period, limits }: PeriodChartProps) {
  const { interval, aggregation } = exploration;
  const grown = periodUse(exploration, period.value);
  const points: PeriodPoint[] =
    grown ?? pointsOf(exploration).map(({ start, total }) => ({ start, value: total, together: 0 }));
  const drawn = grown === null ? [] : limits.filter(({ limit }) => limit <= period.value * farAway);
  const said = words[aggregation];
  return (
    <figure className="relative grid min-w-0 gap-2">
      <figcaption className="text-sm">
        <span className="font-medium tabular-nums">{formatExact(period.value)}</span>{' '}
        <span className="text-muted">
          {allowed(limits)}, {formatDay(period.period_start)} – {formatDay(period.period_end)}
        </span>
      </figcaption>
      {/* The drawing follows its room a moment later: it must not widen the page meanwhile. */}
      <div aria-hidden className="h-48 overflow-hidden">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 560, height: 192 }}>
          <ComposedChart data={points} margin={margin} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="start"
              tickFormatter={interval === 'month' ? formatMonth : formatShortDay}
              tick={tick}
              tickLine={false}
              axisLine={false}
              minTickGap={40}
            />
            <YAxis width={44} tickFormatter={formatCompact} tick={tick} tickLine={false} axisLine={false} />
            <Tooltip
              cursor={{ fill: 'var(--hover)', stroke: 'var(--line-strong)' }}
              content={({ active, payload }) => {
                const point: unknown = payload[0]?.payload;
                return active && isPoint(point) ? (
                  <Tip point={point} interval={interval} said={said} />
                ) : null;
              }}
            />
            {grown === null ? (
              <Bar dataKey="value" fill="var(--accent)" maxBarSize={18} isAnimationActive={false} />
            ) : (
              <Area
                dataKey="together"
                type={aggregation === 'count' || aggregation === 'sum' ? 'linear' : 'stepAfter'}
                stroke="var(--accent)"
                strokeWidth={2}
                fill="var(--accent)"
                fillOpacity={0.12}
                dot={points.length === 1}
                isAnimationActive={false}
              />
            )}
            {drawn.map(({ name, limit }) => (
              <ReferenceLine
                key={name}
                y={limit}
                ifOverflow="extendDomain"
                stroke="var(--danger)"
                strokeDasharray="4 4"
                label={{
                  value: `Limit ${formatCompact(limit)}`,
                  position: 'insideBottomRight',
                  fill: 'var(--muted)',
                  fontSize: 11,
                }}
              />
            ))}
          </ComposedChart>
        </ResponsiveContainer>
      </div>
      <table className="sr-only">
        <caption>How it came about</caption>
        <thead>
          <tr>
            <th scope="col">{interval === 'month' ? 'Month' : 'Day'}</th>
            <th scope="col">{said.value}</th>
            {said.together ? <th scope="col">{said.together}</th> : null}
          </tr>
        </thead>
        <tbody>
          {points.map(({ start, value, together }) => (
            <tr key={start}>
              <th scope="row">{whenOf(start, interval)}</th>
              <td>{formatExact(value)}</td>
              {said.together ? <td>{formatExact(together)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

type Said = { value: string; together: string | null };

/** What an interval's own use is called, and what the period has come to by then. */
const words: Record<UsageExploration['aggregation'], Said> = {
  count: { value: 'Events', together: 'So far' },
  sum: { value: 'Used', together: 'So far' },
  max: { value: 'Highest', together: 'Highest so far' },
  latest: { value: 'Last value', together: 'In effect' },
  unique: { value: 'Distinct values', together: null },
};

type TipProps = { point: PeriodPoint; interval: Interval; said: Said };

function Tip({ point, interval, said }: TipProps) {
  return (
    <div className="rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-md">
      <p className="text-muted">{whenOf(point.start, interval)}</p>
      <dl className="grid grid-cols-[auto_auto] gap-x-3 tabular-nums">
        <dt>{said.value}</dt>
        <dd className="text-right">{formatExact(point.value)}</dd>
        {said.together ? (
          <>
            <dt>{said.together}</dt>
            <dd className="text-right font-medium">{formatExact(point.together)}</dd>
          </>
        ) : null}
      </dl>
    </div>
  );
}

/** "of 5,000", or of each feature that the meter serves. */
function allowed(limits: readonly Limit[]): string {
  const [only, ...others] = limits;
  if (only === undefined) return 'used';
  if (others.length === 0) return `of ${formatExact(only.limit)} used`;
  return `used of ${limits.map(({ name, limit }) => `${formatExact(limit)} (${name})`).join(', ')}`;
}

function whenOf(start: string, interval: Interval): string {
  return interval === 'month' ? formatMonth(start) : formatDay(start);
}

function isPoint(value: unknown): value is PeriodPoint {
  return typeof value === 'object' && value !== null && 'start' in value && 'together' in value;
}
