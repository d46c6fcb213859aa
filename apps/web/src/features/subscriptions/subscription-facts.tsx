import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import { textLink } from '@billingos/ui/text-link';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Subscription } from '../../api/types.ts';
import { formatDay, formatMoment } from '../../formatting/dates.ts';
import { formatMoney } from '../../formatting/money.ts';
import { customerName } from '../customers/customer-name.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

export function SubscriptionFacts({ subscription }: { subscription: Subscription }) {
  const { href } = useEnvironment();
  const { customer, discounts, trial_end, stripe_subscription_id } = subscription;
  return (
    <Card className="h-fit">
      <CardHeader title="Details" />
      <CardBody>
        <dl className="grid gap-3 text-sm">
          <Fact term="Customer">
            <Link href={href(`customers/${customer.id}`)} className={textLink}>
              {customerName(customer)}
            </Link>
          </Fact>
          <Fact term="Current period">
            {formatDay(subscription.current_period_start)} – {formatDay(subscription.current_period_end)}
          </Fact>
          {trial_end ? <Fact term="Trial">Until {formatMoment(trial_end)}</Fact> : null}
          <Fact term="Discounts">
            {discounts.length === 0 ? (
              <span className="text-muted">None</span>
            ) : (
              discounts.map(discountWords).join(', ')
            )}
          </Fact>
          <Fact term="Invoiced by">{subscription.provider === 'stripe' ? 'Stripe' : 'BillingOS'}</Fact>
          <Fact term="Subscription id">
            <CopyableCode value={subscription.id} label="Copy subscription id" />
          </Fact>
          {stripe_subscription_id ? (
            <Fact term="Stripe subscription">
              <CopyableCode value={stripe_subscription_id} label="Copy Stripe subscription id" />
            </Fact>
          ) : null}
          <Fact term="Started">{formatMoment(subscription.created_at)}</Fact>
        </dl>
      </CardBody>
    </Card>
  );
}

/** "WELCOME: 25 % off, for ever". */
function discountWords({
  coupon,
  name,
  percent_off,
  amount_off,
  duration,
  ends_at,
}: Subscription['discounts'][number]) {
  const off = percent_off === null ? (amount_off ? formatMoney(amount_off) : '') : `${percent_off} %`;
  const how_long =
    duration === 'forever' ? 'for ever' : ends_at ? `until ${formatDay(ends_at)}` : 'on the next invoice';
  return `${coupon ?? name ?? 'Discount'}: ${off} off, ${how_long}`;
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div className="grid min-w-0 gap-0.5">
      <dt className="text-xs text-muted">{term}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
