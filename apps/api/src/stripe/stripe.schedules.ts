import type { Connection } from './connections.ts';
import type { CallResult } from './intents.ts';
import { type SoldItem, soldItem } from './stripe.subscriptions.ts';

/**
 * Lets a subscription change at the end of its period. A schedule that stands already gets the new change in place of the
 * one it had. The two calls have keys of their own: repeated after a crash, they find their first answers.
 */
export async function scheduleChange(
  { stripe, stripe_account_id: stripeAccount }: Connection,
  subscriptionId: string,
  change: { stripe_schedule_id: string | null; items: SoldItem[]; plan_version_id: string },
  idempotencyKey: string,
): Promise<CallResult> {
  const schedule =
    change.stripe_schedule_id === null
      ? await stripe.subscriptionSchedules.create(
          { from_subscription: subscriptionId },
          { stripeAccount, idempotencyKey: `${idempotencyKey}:create` },
        )
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
          start_date: present.start_date,
          end_date: present.end_date,
          items: present.items.map((item) => ({
            price: typeof item.price === 'string' ? item.price : item.price.id,
            ...(item.quantity === undefined ? {} : { quantity: item.quantity }),
          })),
          proration_behavior: 'none',
        },
        {
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
