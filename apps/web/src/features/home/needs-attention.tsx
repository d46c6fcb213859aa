'use client';

import { Card, CardHeader } from '@billingos/ui/components/card';
import { useQuery } from '@tanstack/react-query';
import { ChevronRight, TriangleAlert } from 'lucide-react';
import Link from 'next/link';
import { formatNumber } from '../../formatting/numbers.ts';
import { jobsQuery } from '../jobs/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { stripeAccountQuery } from '../stripe-account/queries.ts';
import { subscriptionSummaryQuery } from '../subscriptions/queries.ts';

/** What somebody should look at today. Nothing to look at shows nothing. */
export function NeedsAttention() {
  const { api, href } = useEnvironment();
  const stripe = useQuery(stripeAccountQuery(api));
  const subscriptions = useQuery(subscriptionSummaryQuery(api));
  const failed = useQuery(jobsQuery(api, { state: 'failed', cursor: undefined }));

  const past_due = subscriptions.data?.past_due ?? 0;
  const jobs = failed.data?.data.length ?? 0;
  const matters = [
    ...(stripe.data && stripe.data.status !== 'connected'
      ? [
          {
            path: 'settings/stripe',
            text:
              stripe.data.status === 'lost'
                ? 'Stripe refuses the connection, so nobody can pay.'
                : 'Stripe is not connected, so nobody can pay.',
          },
        ]
      : []),
    ...(past_due > 0
      ? [{ path: 'subscriptions?status=past_due', text: `${plural(past_due, 'subscription')} past due.` }]
      : []),
    ...(jobs > 0
      ? [
          {
            path: 'developers/jobs?state=failed',
            text: `${failed.data?.has_more ? `More than ${jobs} jobs` : plural(jobs, 'job')} failed and can be run again.`,
          },
        ]
      : []),
  ];
  if (matters.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Needs attention" />
      <ul className="divide-y divide-line border-t">
        {matters.map(({ path, text }) => (
          <li key={path}>
            <Link
              href={href(path)}
              className="flex items-center gap-3 px-4 py-2.5 text-sm -outline-offset-2 hover:bg-subtle"
            >
              <TriangleAlert aria-hidden className="size-4 shrink-0 text-warning-ink" />
              <span className="flex-1">{text}</span>
              <ChevronRight aria-hidden className="size-4 text-muted" />
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;
}
