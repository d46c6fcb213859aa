'use client';

import { Notice } from '@billingos/ui/components/notice';
import { curve, lineAmount, totalFallsAt, type Price } from '@billingos/pricing/price';
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { formatMoney } from '../../formatting/money.ts';
import { formatCompact, formatNumber } from '../../formatting/numbers.ts';

type Point = { units: number; amount: number };
type PriceGraphProps = { price: Price; currency: string; counted: string };

const tick = { fill: 'var(--muted)', fontSize: 11 };

/** What a number of units costs in a period, and where one more makes it less. */
export function PriceGraph({ price, currency, counted }: PriceGraphProps) {
  const upTo = reach(price);
  const money = (amount: number) => formatMoney({ amount, currency });
  const falls = totalFallsAt(price);
  const examples = [Math.round(upTo / 4), Math.round(upTo / 2), upTo];
  return (
    <div className="grid gap-3">
      <figure className="min-w-0">
        <div aria-hidden className="h-40 overflow-hidden">
          <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 560, height: 160 }}>
            <LineChart
              data={curve(price, upTo, 61)}
              margin={{ top: 8, right: 12, bottom: 0, left: 0 }}
              accessibilityLayer={false}
            >
              <CartesianGrid vertical={false} stroke="var(--line)" />
              <XAxis
                dataKey="units"
                type="number"
                domain={[0, upTo]}
                tickFormatter={formatCompact}
                tick={tick}
                tickLine={false}
                axisLine={false}
              />
              <YAxis width={64} tickFormatter={money} tick={tick} tickLine={false} axisLine={false} />
              <Tooltip
                cursor={{ stroke: 'var(--line)' }}
                content={({ active, payload }) => {
                  const point: unknown = payload[0]?.payload;
                  return active && isPoint(point) ? (
                    <div className="rounded-md border bg-raised px-2.5 py-1.5 text-xs shadow-md">
                      <p className="text-muted">
                        {formatNumber(point.units)} {counted}
                      </p>
                      <p className="font-medium tabular-nums">{money(point.amount)}</p>
                    </div>
                  ) : null;
                }}
              />
              <Line
                dataKey="amount"
                stroke="var(--accent)"
                strokeWidth={2}
                dot={false}
                isAnimationActive={false}
              />
            </LineChart>
          </ResponsiveContainer>
        </div>
        <figcaption className="text-xs text-muted">
          {examples
            .map((units) => `${formatNumber(units)} ${counted} cost ${money(lineAmount(price, units))}`)
            .join('; ')}
          .
        </figcaption>
      </figure>
      {falls.map(({ units, amount, next_amount }) => (
        <Notice key={units} tone="warning">
          The total falls: {formatNumber(units)} {counted} cost {money(amount)}, one more makes it{' '}
          {money(next_amount)}. Charge in steps instead if that is not meant.
        </Notice>
      ))}
    </div>
  );
}

/** As far as the price does something new, and half as far again. */
function reach({ tiers, package_size, included_units }: Price): number {
  const last = tiers?.findLast(({ up_to }) => up_to !== null)?.up_to ?? null;
  if (last !== null) return Math.ceil((included_units + last) * 1.5);
  if (package_size !== null) return included_units + package_size * 5;
  return included_units > 0 ? included_units * 2 : 1_000;
}

function isPoint(value: unknown): value is Point {
  return typeof value === 'object' && value !== null && 'units' in value && 'amount' in value;
}
