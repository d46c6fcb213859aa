import type Stripe from 'stripe';
import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
import { isRefusal } from './stripe.errors.ts';
import { type SoldItem, soldItem } from './stripe.subscriptions.ts';

/**
 * Lets a subscription change at the end of its period. A schedule that stands already gets the new change in place of the
 * one it had. The two calls have keys of their own: repeated after a crash, they find their first answers.
 */
export async function scheduleChange(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  subscriptionId: string,
  change: {
    stripe_schedule_id: string | null;
    items: SoldItem[];
    plan_version_id: string;
    /** The coupons it shall carry then. Undefined: those it has. */
    stripe_coupon_ids?: string[] | undefined;
  },
  idempotencyKey: string,
): Promise<CallResult> {
  const schedule =
    change.stripe_schedule_id === null
      ? await begin({ stripe, stripe_account_id: stripeAccount }, subscriptionId, idempotencyKey)
      : await stripe.subscriptionSchedules.retrieve(change.stripe_schedule_id, {}, { stripeAccount });
  const present = schedule.phases.find(
    ({ start_date: start }) => start === schedule.current_phase?.start_date,
  );
  if (present === undefined) {
    throw new Error(`The Stripe schedule ${schedule.id} is in none of its phases.`);
  }
  await stripe.subscriptionSchedules.update(
    schedule.id,
    {
      end_behavior: 'release',
      phases: [
        {
          ...kept(present),
          start_date: present.start_date,
          end_date: present.end_date,
          ...(present.trial_end === null ? {} : { trial_end: present.trial_end }),
          items: present.items.map((item) => ({
            price: idOf(item.price),
            ...(item.quantity === undefined ? {} : { quantity: item.quantity }),
          })),
          proration_behavior: 'none',
        },
        {
          ...kept(present),
          ...(change.stripe_coupon_ids === undefined
            ? {}
            : { discounts: sent(change.stripe_coupon_ids.map((coupon) => ({ coupon }))) }),
          items: change.items.map(soldItem),
          metadata: { bos_plan_version_id: change.plan_version_id },
          proration_behavior: 'none',
        },
      ],
    },
    { stripeAccount, idempotencyKey: `${idempotencyKey}:phases` },
  );
  return { stripe_object_id: schedule.id };
}

/** A schedule for a subscription, or the one that it has: a subscription has one at most, and Stripe refuses another. */
async function begin(
  { stripe, stripe_account_id: stripeAccount }: Pick<Connection, 'stripe' | 'stripe_account_id'>,
  subscriptionId: string,
  idempotencyKey: string,
): Promise<Stripe.SubscriptionSchedule> {
  try {
    return await stripe.subscriptionSchedules.create(
      { from_subscription: subscriptionId },
      { stripeAccount, idempotencyKey: `${idempotencyKey}:create` },
    );
  } catch (error) {
    if (!isRefusal(error)) {
      throw error;
    }
    const { schedule } = await stripe.subscriptions.retrieve(
      subscriptionId,
      { expand: ['schedule'] },
      { stripeAccount },
    );
    if (schedule === null || typeof schedule === 'string') {
      throw error;
    }
    return schedule;
  }
}

/** What a phase says beside its items, to be said again: what is left out, Stripe takes away. */
function kept({
  discounts,
  default_tax_rates: rates,
  automatic_tax: tax,
}: Stripe.SubscriptionSchedule.Phase) {
  return {
    discounts: sent(
      discounts.flatMap(({ discount, coupon }): Redemption[] =>
        discount !== null
          ? [{ discount: idOf(discount) }]
          : coupon !== null
            ? [{ coupon: idOf(coupon) }]
            : [],
      ),
    ),
    ...((rates ?? []).length === 0 ? {} : { default_tax_rates: (rates ?? []).map(idOf) }),
    ...(tax?.enabled === true ? { automatic_tax: { enabled: true } } : {}),
  };
}

type Redemption = { discount: string } | { coupon: string };

/** An empty list is told as an empty text: without it, Stripe would put the customer's own discount there. */
function sent(discounts: Redemption[]): Redemption[] | '' {
  return discounts.length === 0 ? '' : discounts;
}

function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}
