'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Meter } from '@billingos/ui/components/meter';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { Customer, Entitlement } from '../../api/types.ts';
import { formatDay, formatMoment } from '../../formatting/dates.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { OverrideDialog } from './override-dialog.tsx';
import { sourceWords } from './override.ts';
import { customerKeys, entitlementsQuery } from './queries.ts';

/** What the customer may do now: exactly what `check` answers from. */
export function CustomerEntitlements({ customer }: { customer: Customer }) {
  const { api, can } = useEnvironment();
  const entitlements = useQuery(entitlementsQuery(api, customer.id));
  return (
    <Card>
      <CardHeader
        title="Entitlements"
        description="What hasFeature and check answer for this customer."
        action={can('subscriptions:write') ? <OverrideDialog customer={customer} /> : null}
      />
      <CardBody>
        <QueryStates query={entitlements} loading={<Skeleton className="h-16" />}>
          {({ features }) =>
            features.length === 0 ? (
              <p className="text-sm text-muted">None. They come with a subscription or an override.</p>
            ) : (
              <ul className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
                {features.map((entitlement) => (
                  <EntitlementItem key={entitlement.feature} customer={customer} entitlement={entitlement} />
                ))}
              </ul>
            )
          }
        </QueryStates>
      </CardBody>
    </Card>
  );
}

type EntitlementItemProps = { customer: Customer; entitlement: Entitlement };

function EntitlementItem({ customer, entitlement }: EntitlementItemProps) {
  const { feature, name, type, limit, value, suspended, sources = [] } = entitlement;
  const isDenied = sources.some(({ granted }) => !granted);
  const used = entitlement.used;
  const onCredits = paidByCredits(entitlement);
  // Nothing grants it: a bar that is full from the first unit on would look like a limit that is reached.
  const onlyCredits = limit === 0 && onCredits > 0;
  return (
    <li className="grid content-start gap-1.5">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="min-w-0 truncate font-medium" title={feature}>
          {name}
        </span>
        {suspended ? <Badge tone="danger">Withheld</Badge> : null}
        {isDenied ? <Badge tone="danger">Denied</Badge> : null}
        {type === 'boolean' && !suspended && !isDenied ? <Badge tone="success">Included</Badge> : null}
        {type === 'config' && !suspended && !isDenied ? <Badge>{value ?? 'Not set'}</Badge> : null}
        {type === 'metered' && !suspended && !isDenied ? (
          <span className="text-muted tabular-nums">
            {onlyCredits
              ? `${formatNumber(used)} used`
              : `${formatNumber(used)} of ${limit === null ? 'unlimited' : formatNumber(limit)}`}
          </span>
        ) : null}
      </div>
      {type === 'metered' && limit !== null && !suspended && !isDenied && !onlyCredits ? (
        <Meter
          label={name}
          used={used}
          limit={limit}
          valueText={`${formatNumber(used)} of ${formatNumber(limit)} used`}
        />
      ) : null}
      {type === 'metered' && !isDenied ? (
        <p className="text-xs text-muted">
          {suspended ? `${formatNumber(used)} used` : courseOf(entitlement)}
        </p>
      ) : null}
      {entitlement.carried > 0 && !isDenied ? (
        <p className="text-xs text-muted">
          {formatNumber(entitlement.carried)} of it used in the trial, and not charged
        </p>
      ) : null}
      {onCredits > 0 && !suspended && !isDenied ? (
        <p className="text-xs text-muted">Credits pay for {formatNumber(onCredits)} more</p>
      ) : null}
      {isDenied || suspended ? null : <Caps caps={entitlement.caps} />}
      {sources.length > 0 ? (
        <p className="text-xs text-muted">
          From {sourceWords(sources)}
          {sources
            .flatMap(({ override }) => override ?? [])
            .map((id) => (
              <RemoveOverride key={id} customer={customer} override={id} />
            ))}
        </p>
      ) : null}
    </li>
  );
}

/** What is left of each window that caps its use. */
function Caps({ caps }: Pick<Entitlement, 'caps'>) {
  if (caps.length === 0) return null;
  return (
    <ul className="grid gap-0.5 text-xs text-muted" aria-label="Caps in time">
      {caps.map(({ interval, quantity, used, resets_at }) => (
        <li key={interval}>
          {formatNumber(used)} of {formatNumber(quantity)} {interval === 'day' ? 'today' : `this ${interval}`}
          , anew {formatMoment(resets_at)}
        </li>
      ))}
    </ul>
  );
}

/** Nothing is lost by it, so it asks nothing: it can be made again. */
function RemoveOverride({ customer, override }: { customer: Customer; override: string }) {
  const { api, can } = useEnvironment();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.DELETE('/api/v1/customers/{id}/entitlement-overrides/{override_id}', {
          params: { path: { id: customer.id, override_id: override } },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: customerKeys.one(api, customer.id) });
      toast.success('The override is removed');
    },
    onError: (error) => toast.error(error.message),
  });
  if (!can('subscriptions:write')) return null;
  return (
    <Button size="sm" variant="ghost" pending={remove.isPending} onClick={() => remove.mutate()}>
      Remove override
    </Button>
  );
}

/** What happens at the limit, and when counting begins anew: "Stops at the limit, resets Mar 4, 2026". */
function courseOf({ limit, overage, resets_at, remaining }: Entitlement): string {
  if (limit === 0 && (remaining ?? 0) > 0) return resets_at ? `Counts anew ${formatDay(resets_at)}` : '';
  if (limit === null) return resets_at ? `Resets ${formatDay(resets_at)}` : '';
  const at = overage === 'allow' ? 'Goes on beyond the limit' : 'Stops at the limit';
  return resets_at ? `${at}, resets ${formatDay(resets_at)}` : at;
}

/** How much of what remains is beyond the limit: the credits pay for it. */
function paidByCredits({ limit, used, remaining }: Entitlement): number {
  if (limit === null || remaining === null) return 0;
  return Math.max(remaining - Math.max(limit - used, 0), 0);
}
