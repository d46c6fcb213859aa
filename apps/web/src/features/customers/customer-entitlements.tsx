'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Meter } from '@billingos/ui/components/meter';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer, Entitlement } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { entitlementsQuery } from './queries.ts';

/** What the customer may do now: exactly what `check` answers from. */
export function CustomerEntitlements({ customer }: { customer: Customer }) {
  const { api } = useEnvironment();
  const entitlements = useQuery(entitlementsQuery(api, customer.id));
  return (
    <Card>
      <CardHeader title="Entitlements" description="What hasFeature and check answer for this customer." />
      <CardBody>
        <QueryStates query={entitlements} loading={<Skeleton className="h-16" />}>
          {({ features }) =>
            features.length === 0 ? (
              <p className="text-sm text-muted">None. They come with a subscription.</p>
            ) : (
              <ul className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
                {features.map((entitlement) => (
                  <EntitlementItem key={entitlement.feature} entitlement={entitlement} />
                ))}
              </ul>
            )
          }
        </QueryStates>
      </CardBody>
    </Card>
  );
}

function EntitlementItem({ entitlement }: { entitlement: Entitlement }) {
  const { feature, name, type, limit, value, suspended } = entitlement;
  const used = entitlement.used ?? 0;
  return (
    <li className="grid content-start gap-1.5">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="min-w-0 truncate font-medium" title={feature}>
          {name}
        </span>
        {suspended ? <Badge tone="danger">Withheld</Badge> : null}
        {type === 'boolean' && !suspended ? <Badge tone="success">Included</Badge> : null}
        {type === 'config' && !suspended ? <Badge>{value ?? 'Not set'}</Badge> : null}
        {type === 'metered' && !suspended ? (
          <span className="text-muted tabular-nums">
            {formatNumber(used)} of {limit === null ? 'unlimited' : formatNumber(limit)}
          </span>
        ) : null}
      </div>
      {type === 'metered' && limit !== null && !suspended ? (
        <Meter
          label={name}
          used={used}
          limit={limit}
          valueText={`${formatNumber(used)} of ${formatNumber(limit)} used`}
        />
      ) : null}
      {type === 'metered' ? (
        <p className="text-xs text-muted">
          {suspended ? `${formatNumber(used)} used` : courseOf(entitlement)}
        </p>
      ) : null}
    </li>
  );
}

/** What happens at the limit, and when counting begins anew: "Stops at the limit, resets Mar 4, 2026". */
function courseOf({ limit, overage, resets_at }: Entitlement): string {
  if (limit === null) return resets_at ? `Resets ${formatDay(resets_at)}` : '';
  const at = overage === 'allow' ? 'Goes on beyond the limit' : 'Stops at the limit';
  return resets_at ? `${at}, resets ${formatDay(resets_at)}` : at;
}
