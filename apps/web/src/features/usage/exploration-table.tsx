'use client';

import { Cell, HeaderCell, Table, TableBody, TableHead, TableRow } from '@billingos/ui/components/table';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import type { UsageExploration } from '../../api/types.ts';
import { formatExact, formatNumber, formatPart } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { changeOf, eventsPath, isAdditive, type Series } from './exploration.ts';

type ExplorationTableProps = {
  exploration: UsageExploration;
  /** The same of the time before, to compare with. */
  before: UsageExploration | undefined;
  series: readonly Series[];
  by: string | null;
  /** Whose use alone is shown. */
  customer: string | null;
  wordOf: (group: string | null) => string;
};

/** What each group used, its share, and what it used before. */
export function ExplorationTable({
  exploration,
  before,
  series,
  by,
  customer,
  wordOf,
}: ExplorationTableProps) {
  const { groups, other, value, events } = exploration;
  const hasShare = isAdditive(exploration) && by !== null;
  const usedBefore = new Map(before?.groups.map((group) => [group.group, group.value]));
  return (
    <Table label="What was used">
      <TableHead>
        <tr>
          <HeaderCell>{by === null ? 'Meter' : by === 'customer' ? 'Customer' : by}</HeaderCell>
          <HeaderCell className="text-right">Used</HeaderCell>
          {hasShare ? <HeaderCell className="text-right">Share</HeaderCell> : null}
          {before ? <HeaderCell className="text-right">Change</HeaderCell> : null}
          <HeaderCell className="text-right">Events</HeaderCell>
        </tr>
      </TableHead>
      <TableBody>
        {groups.map((group, index) => (
          <TableRow key={group.group ?? 'none'}>
            <Cell className="max-w-72 min-w-32">
              <span className="flex items-center gap-2">
                <Mark color={series[index]?.key === `group${index}` ? series[index].color : undefined} />
                <Name by={by} group={group.group} word={wordOf(group.group)} />
              </span>
            </Cell>
            <Cell numeric>{formatExact(group.value)}</Cell>
            {hasShare ? (
              <Cell numeric className="text-muted">
                {value === 0 ? '–' : formatPart(group.value / value)}
              </Cell>
            ) : null}
            {before ? (
              <Change value={group.value} before={usedBefore.get(group.group)} before_all={before} />
            ) : null}
            <Cell numeric className="text-muted">
              <Events
                exploration={exploration}
                customer={by === 'customer' ? group.group : null}
                count={group.events}
              />
            </Cell>
          </TableRow>
        ))}
        {other ? (
          <TableRow>
            <Cell className="text-muted">
              <span className="flex items-center gap-2">
                <Mark color={undefined} />
                All others
              </span>
            </Cell>
            <Cell numeric>{formatExact(other.value)}</Cell>
            {hasShare ? (
              <Cell numeric className="text-muted">
                {value === 0 ? '–' : formatPart(other.value / value)}
              </Cell>
            ) : null}
            {before ? (
              <Cell numeric className="text-muted">
                –
              </Cell>
            ) : null}
            <Cell numeric className="text-muted">
              {formatNumber(other.events)}
            </Cell>
          </TableRow>
        ) : null}
        <TableRow className="font-medium">
          <Cell>
            {by === null ? <span className="font-mono text-xs">{exploration.meter}</span> : 'All together'}
          </Cell>
          <Cell numeric>{formatExact(value)}</Cell>
          {hasShare ? (
            <Cell numeric className="text-muted">
              {value === 0 ? '–' : '100%'}
            </Cell>
          ) : null}
          {before ? <Change value={value} before={before.value} before_all={before} /> : null}
          <Cell numeric className="text-muted">
            <Events exploration={exploration} customer={customer} count={events} />
          </Cell>
        </TableRow>
      </TableBody>
    </Table>
  );
}

function Mark({ color }: { color: string | undefined }) {
  return (
    <span
      aria-hidden
      className="size-2 shrink-0 rounded-full"
      style={{ background: color ?? 'var(--line-strong)' }}
    />
  );
}

function Name({ by, group, word }: { by: string | null; group: string | null; word: string }) {
  const { href } = useEnvironment();
  if (group === null) return <span className="text-muted">{word}</span>;
  if (by !== 'customer') return <span className="truncate font-mono text-xs">{word}</span>;
  return (
    <Link href={href(`customers/${encodeURIComponent(group)}`)} className={`truncate ${textLink}`}>
      {word}
    </Link>
  );
}

type ChangeProps = { value: number; before: number | undefined; before_all: UsageExploration };

/** A group that was not among the largest before may have been among the others: that is not known here. */
function Change({ value, before, before_all }: ChangeProps) {
  const known = before ?? (before_all.other === null ? 0 : undefined);
  if (known === undefined)
    return (
      <Cell numeric className="text-muted">
        –
      </Cell>
    );
  const change = changeOf(value, known);
  const rounded = change === null ? null : Math.round(change * 1000) / 1000;
  return (
    <Cell numeric className="text-muted" title={`Before: ${formatExact(known)}`}>
      {rounded === null ? (value === 0 ? '–' : 'New') : `${rounded > 0 ? '+' : ''}${formatPart(rounded)}`}
    </Cell>
  );
}

type EventsProps = { exploration: UsageExploration; customer: string | null; count: number };

/** How many, and for one customer the way to them. */
function Events({ exploration: { meter, from, to }, customer, count }: EventsProps) {
  const { href } = useEnvironment();
  if (customer === null) return formatNumber(count);
  return (
    <Link
      href={href(eventsPath({ meter, customer, from, to }))}
      aria-label={`${formatNumber(count)} events of ${customer}`}
      className={textLink}
    >
      {formatNumber(count)}
    </Link>
  );
}
