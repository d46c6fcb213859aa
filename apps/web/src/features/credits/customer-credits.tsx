'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import type { CreditBalance, Customer } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { creditsWords } from '../plans/plan-credits.ts';
import { CreditGrants } from './credit-grants.tsx';
import { CreditLedger } from './credit-ledger.tsx';
import { CreditStockBar } from './credit-stock-bar.tsx';
import { GrantCreditsDialog } from './grant-credits-dialog.tsx';
import { LowBalanceDialog } from './low-balance-dialog.tsx';
import { creditGrantsQuery, creditsQuery } from './queries.ts';

/** What the customer has in advance, where it came from, and what became of it. */
export function CustomerCredits({ customer }: { customer: Customer }) {
  const { api, can } = useEnvironment();
  const balance = useQuery(creditsQuery(api, customer.id));
  const grants = useQuery(creditGrantsQuery(api, customer.id));
  const loading = <Skeleton className="h-16" />;
  return (
    <Card>
      <CardHeader
        title="Credits"
        description="They pay for use beyond the limits of features with a credit cost."
        action={
          can('subscriptions:write') ? (
            <div className="flex flex-wrap gap-2">
              {balance.data ? <LowBalanceDialog customer={customer} lowAt={balance.data.low_at} /> : null}
              <GrantCreditsDialog customer={customer} />
            </div>
          ) : null
        }
      />
      <CardBody className="grid gap-3">
        <QueryStates query={balance} loading={loading}>
          {(data) => (
            <QueryStates query={grants} loading={loading}>
              {({ data: all }) =>
                all.length === 0 ? (
                  <p className="text-sm text-muted">
                    No credits yet. They come with a plan, from a pack that is bought, or by hand.
                  </p>
                ) : (
                  <CreditStockBar balance={data} grants={all} now={Date.now()} />
                )
              }
            </QueryStates>
          )}
        </QueryStates>
        {balance.data ? <Allowances allowances={balance.data.allowances} /> : null}
      </CardBody>
      {grants.data && grants.data.data.length > 0 ? (
        <CreditGrants customer={customer} grants={grants.data.data} />
      ) : null}
      <CreditLedger customer={customer} />
    </Card>
  );
}

/** What subscriptions grant anew, and when next. */
function Allowances({ allowances }: Pick<CreditBalance, 'allowances'>) {
  if (allowances.length === 0) return null;
  return (
    <ul className="grid gap-0.5 text-sm text-muted" aria-label="Granted anew">
      {allowances.map(({ source, next_reset_at, rollover_max, rollover_periods, ...terms }, index) => (
        <li key={index}>
          {source === 'plan' ? 'The plan' : 'An add-on'} grants{' '}
          {creditsWords({
            ...terms,
            rollover: rollover_max === null ? null : { max: rollover_max, periods: rollover_periods ?? 1 },
          })}
          , next on {formatDay(next_reset_at)}.
        </li>
      ))}
    </ul>
  );
}
