'use client';

import { PageHeader } from '@billingos/ui/components/page-header';
import { PageSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { ApiError } from '../../api/errors.ts';
import { QueryStates } from '../../api/query-states.tsx';
import { Missing } from '../../listing/missing.tsx';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { courseOf } from './course.ts';
import { subscriptionQuery } from './queries.ts';
import { SubscriptionActions } from './subscription-actions.tsx';
import { SubscriptionEstimate } from './subscription-estimate.tsx';
import { SubscriptionFacts } from './subscription-facts.tsx';
import { SubscriptionItems } from './subscription-items.tsx';
import { SubscriptionNotices } from './subscription-notices.tsx';
import { isOver, SubscriptionStatusBadge } from './subscription-status.tsx';

export function SubscriptionDetail({ id }: { id: string }) {
  const { api, can, href } = useEnvironment();
  const subscription = useQuery(subscriptionQuery(api, id));
  if (subscription.error instanceof ApiError && subscription.error.status === 404) {
    return <Missing what="subscription" list={{ href: href('subscriptions'), label: 'All subscriptions' }} />;
  }
  return (
    <QueryStates query={subscription} loading={<PageSkeleton label="Loading the subscription" />}>
      {(data) => (
        <>
          <PageHeader
            title={`${customerName(data.customer)} on ${data.plan.name}`}
            description={
              <span className="flex flex-wrap items-center gap-2">
                <SubscriptionStatusBadge subscription={data} />
                {courseOf(data)}
              </span>
            }
            actions={
              can('subscriptions:write') && !isOver(data) ? <SubscriptionActions subscription={data} /> : null
            }
          />
          <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
            <div className="grid content-start gap-4">
              <SubscriptionNotices subscription={data} />
              <SubscriptionItems subscription={data} />
              {isOver(data) ? null : <SubscriptionEstimate subscription={data} />}
            </div>
            <SubscriptionFacts subscription={data} />
          </div>
        </>
      )}
    </QueryStates>
  );
}
