'use client';

import type { ReactElement } from 'react';
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
import type { RequestsSummary } from '../../api/types.ts';
import { formatMoment, formatShortDay } from '../../formatting/dates.ts';
import { formatCompact, formatNumber } from '../../formatting/numbers.ts';
import { formatMs } from './words.ts';

type Point = RequestsSummary['over_time'][number];
type Interval = RequestsSummary['interval'];
type ChartProps = { points: readonly Point[]; interval: Interval };

const tick = { fill: 'var(--muted)', fontSize: 11 };
const margin = { top: 8, right: 4, bottom: 0, left: 0 };

/** Calls of each interval by how they ended. The picture is for the eye; a sentence tells the same to a screen reader. */
export function CallsChart({ points, interval }: ChartProps) {
  const ended = points.map((point) => ({
    ...point,
    answered: point.calls - point.errors_4xx - point.errors_5xx,
  }));
  const most = points.reduce((best, point) => Math.max(best, point.calls), 0);
  return (
    <Figure
      legend={[
        ['Answered', 'var(--accent)'],
        ['Refused (4xx)', 'var(--warning)'],
        ['Failed (5xx)', 'var(--danger)'],
      ]}
      caption={`At most ${formatNumber(most)} calls in one interval.`}
    >
      <BarChart data={ended} margin={margin} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...timeAxis(interval)} />
        <YAxis {...valueAxis(formatCompact)} />
        <Tooltip cursor={{ fill: 'var(--hover)' }} content={(shown) => <Tip {...shown} say={callsOf} />} />
        <Bar
          dataKey="answered"
          stackId="calls"
          fill="var(--accent)"
          maxBarSize={18}
          isAnimationActive={false}
        />
        <Bar
          dataKey="errors_4xx"
          stackId="calls"
          fill="var(--warning)"
          maxBarSize={18}
          isAnimationActive={false}
        />
        <Bar
          dataKey="errors_5xx"
          stackId="calls"
          fill="var(--danger)"
          maxBarSize={18}
          isAnimationActive={false}
        />
      </BarChart>
    </Figure>
  );
}

/** How long calls took, interval by interval. */
export function LatencyChart({ points, interval }: ChartProps) {
  const slowest = points.reduce((worst, { p95_ms }) => Math.max(worst, p95_ms ?? 0), 0);
  return (
    <Figure
      legend={[
        ['p50', 'var(--accent)'],
        ['p95', 'var(--warning)'],
      ]}
      caption={`p95 was at most ${formatMs(slowest)}.`}
    >
      <LineChart data={[...points]} margin={margin} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...timeAxis(interval)} />
        <YAxis {...valueAxis(formatMs)} width={52} />
        <Tooltip
          cursor={{ stroke: 'var(--line-strong)' }}
          content={(shown) => <Tip {...shown} say={timesOf} />}
        />
        <Line
          dataKey="p50_ms"
          stroke="var(--accent)"
          strokeWidth={2}
          dot={false}
          connectNulls
          isAnimationActive={false}
        />
        <Line
          dataKey="p95_ms"
          stroke="var(--warning)"
          strokeWidth={2}
          dot={false}
          connectNulls
          isAnimationActive={false}
        />
      </LineChart>
    </Figure>
  );
}

type FigureProps = { legend: readonly [string, string][]; caption: string; children: ReactElement };

function Figure({ legend, caption, children }: FigureProps) {
  return (
    <figure className="min-w-0">
      <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted">
        {legend.map(([label, color]) => (
          <li key={label} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2 rounded-full" style={{ background: color }} />
            {label}
          </li>
        ))}
      </ul>
      {/* The drawing follows its room a moment later: it must not widen the page meanwhile. */}
      <div aria-hidden className="h-48 overflow-hidden">
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 480, height: 192 }}>
          {children}
        </ResponsiveContainer>
      </div>
      <figcaption className="sr-only">{caption}</figcaption>
    </figure>
  );
}

function timeAxis(interval: Interval) {
  return {
    dataKey: 'start',
    height: 22,
    tickFormatter: (iso: string) => (interval === 'hour' ? iso.slice(11, 16) : formatShortDay(iso)),
    tick,
    tickLine: false,
    axisLine: false,
    minTickGap: 40,
  };
}

function valueAxis(tickFormatter: (value: number) => string) {
  return { width: 40, tickFormatter, tick, tickLine: false, axisLine: false };
}

type TipProps = {
  active?: boolean;
  payload?: readonly { payload?: unknown }[];
  say: (point: Point) => readonly string[];
};

function Tip({ active, payload, say }: TipProps) {
  const point: unknown = payload?.[0]?.payload;
  if (!active || !isPoint(point)) return null;
  return (
    <div className="rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-md">
      <p className="text-muted">{formatMoment(point.start)}</p>
      {say(point).map((line) => (
        <p key={line} className="font-medium tabular-nums">
          {line}
        </p>
      ))}
    </div>
  );
}

function callsOf({ calls, errors_4xx, errors_5xx }: Point): string[] {
  return [
    `${formatNumber(calls)} calls`,
    `${formatNumber(errors_4xx)} refused, ${formatNumber(errors_5xx)} failed`,
  ];
}

function timesOf({ p50_ms, p95_ms, p99_ms }: Point): string[] {
  return [`p50 ${formatMs(p50_ms)}`, `p95 ${formatMs(p95_ms)}`, `p99 ${formatMs(p99_ms)}`];
}

function isPoint(value: unknown): value is Point {
  return typeof value === 'object' && value !== null && 'start' in value && 'calls' in value;
}
