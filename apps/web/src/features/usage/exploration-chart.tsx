'use client';

import {
  Bar,
  BarChart,
  CartesianGrid,
  Line,
  LineChart,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { UsageExploration } from '../../api/types.ts';
import { formatDay, formatMoment, formatMonth, formatShortDay } from '../../formatting/dates.ts';
import { formatCompact, formatExact } from '../../formatting/numbers.ts';
import { type Interval, isAdditive, type Point, pointsOf, type Series } from './exploration.ts';

type ExplorationChartProps = {
  exploration: UsageExploration;
  series: readonly Series[];
  /** Opens what an interval is made of. For the mouse: the table beneath has links. */
  onOpen: ((start: string) => void) | undefined;
};

const tick = { fill: 'var(--muted)', fontSize: 11 };
const margin = { top: 8, right: 4, bottom: 0, left: 0 };

/** Usage interval by interval: parts that add up are stacked, others are lines. The table beneath says the same in words. */
export function ExplorationChart({ exploration, series, onOpen }: ExplorationChartProps) {
  const points = pointsOf(exploration);
  const { interval } = exploration;
  const isStacked = isAdditive(exploration) || series.length === 1;
  const most = points.reduce((best, point) => (point.total > best.total ? point : best));
  const axes = [
    <CartesianGrid key="grid" vertical={false} stroke="var(--line)" />,
    <XAxis
      key="time"
      dataKey="start"
      height={22}
      tickFormatter={(iso: string) => shortly(iso, interval)}
      tick={tick}
      tickLine={false}
      axisLine={false}
      minTickGap={40}
    />,
    <YAxis
      key="value"
      width={44}
      tickFormatter={formatCompact}
      tick={tick}
      tickLine={false}
      axisLine={false}
    />,
    <Tooltip
      key="tip"
      cursor={isStacked ? { fill: 'var(--hover)' } : { stroke: 'var(--line-strong)' }}
      content={({ active, payload }) => {
        const point: unknown = payload[0]?.payload;
        return active && isPoint(point) ? <Tip point={point} series={series} interval={interval} /> : null;
      }}
    />,
  ];
  return (
    <figure className="min-w-0">
      {series.length > 1 ? (
        <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
          {series.map(({ key, label, color }) => (
            <li key={key} className="flex max-w-48 items-center gap-1.5">
              <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
              <span className="truncate">{label}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {/* The drawing follows its room a moment later: it must not widen the page meanwhile. */}
      <div aria-hidden className="h-64 overflow-hidden">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 960, height: 256 }}>
          {isStacked ? (
            <BarChart data={points} margin={margin} accessibilityLayer={false}>
              {axes}
              {series.map(({ key, color }) => (
                <Bar
                  key={key}
                  dataKey={`values.${key}`}
                  stackId="usage"
                  fill={color}
                  maxBarSize={28}
                  {...(onOpen && {
                    className: 'cursor-pointer',
                    onClick: ({ payload }: { payload?: unknown }) =>
                      isPoint(payload) ? onOpen(payload.start) : undefined,
                  })}
                  isAnimationActive={false}
                />
              ))}
            </BarChart>
          ) : (
            <LineChart data={points} margin={margin} accessibilityLayer={false}>
              {axes}
              {series.map(({ key, color }) => (
                <Line
                  key={key}
                  dataKey={`values.${key}`}
                  stroke={color}
                  strokeWidth={2}
                  dot={false}
                  isAnimationActive={false}
                />
              ))}
            </LineChart>
          )}
        </ResponsiveContainer>
      </div>
      <figcaption className="sr-only">
        Most in one {interval}: {formatExact(most.total)}, {fully(most.start, interval)}.
      </figcaption>
    </figure>
  );
}

type TipProps = { point: Point; series: readonly Series[]; interval: Interval };

function Tip({ point, series, interval }: TipProps) {
  const used = series.filter(({ key }) => (point.values[key] ?? 0) !== 0);
  return (
    <div className="max-w-64 rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-md">
      <p className="text-muted">{fully(point.start, interval)}</p>
      <p className="font-medium tabular-nums">{formatExact(point.total)}</p>
      {series.length > 1
        ? used.map(({ key, label, color }) => (
            <p key={key} className="flex items-center gap-1.5">
              <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
              <span className="truncate">{label}</span>
              <span className="ml-auto pl-2 tabular-nums">{formatExact(point.values[key] ?? 0)}</span>
            </p>
          ))
        : null}
    </div>
  );
}

function shortly(iso: string, interval: Interval): string {
  if (interval === 'month') return formatMonth(iso);
  return interval === 'hour' ? iso.slice(11, 16) : formatShortDay(iso);
}

function fully(iso: string, interval: Interval): string {
  if (interval === 'month') return formatMonth(iso);
  return interval === 'hour' ? formatMoment(iso) : formatDay(iso);
}

function isPoint(value: unknown): value is Point {
  return typeof value === 'object' && value !== null && 'start' in value && 'values' in value;
}
