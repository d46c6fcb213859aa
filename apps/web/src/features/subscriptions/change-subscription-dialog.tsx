'use client';

import { Button } from '@billingos/ui/components/button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Select } from '@billingos/ui/components/select';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import type { Subscription, SubscriptionChange } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { AddOnFields, addOnsOf, type AddOnQuantities } from './add-on-fields.tsx';
import { ChangePreview } from './change-preview.tsx';
import { PlanChoice, type ChosenPlan } from './plan-choice.tsx';
import { changePreviewQuery } from './queries.ts';
import { useSubscriptionAction } from './use-subscription-action.ts';

/** Changes plan, quantity, add-ons or coupon, and shows the charge before it happens. */
export function ChangeSubscriptionDialog({ subscription }: { subscription: Subscription }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">Change</Button>
      </DialogTrigger>
      <DialogContent
        title={`Change ${subscription.plan.name}`}
        description="What is charged is shown first, to the cent."
      >
        <ChangeForm subscription={subscription} onChanged={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

const by_itself = 'default';
const moments = [
  { value: by_itself, label: 'As usual', hint: 'More now, less with the next period' },
  { value: 'now', label: 'Now' },
  { value: 'period_end', label: 'At the end of the period' },
];

function ChangeForm({ subscription, onChanged }: { subscription: Subscription; onChanged: () => void }) {
  const { api } = useEnvironment();
  const before = quantityOf(subscription);
  const [plan, setPlan] = useState<ChosenPlan | null>(null);
  const [quantity, setQuantity] = useState(String(before));
  const [coupon, setCoupon] = useState('');
  const present = addOnsBefore(subscription);
  const [addOns, setAddOns] = useState<AddOnQuantities>(() =>
    Object.fromEntries(Object.entries(present).map(([key, count]) => [key, String(count)])),
  );
  const [when, setWhen] = useState(by_itself);
  const wished = wishOf({
    plan,
    quantity: Number(quantity),
    before,
    coupon,
    when,
    add_ons: addOnsOf(addOns, present),
  });
  const preview = useQuery({
    ...changePreviewQuery(api, subscription.id, wished ?? {}),
    enabled: wished !== undefined,
  });
  const change = useSubscriptionAction(subscription, 'Changed', async () => {
    if (!wished || !preview.data) return;
    await unwrap(
      api.client.POST('/api/v1/subscriptions/{id}/change', {
        params: { path: { id: subscription.id } },
        body: { ...wished, proration_at: preview.data.proration_at },
      }),
    );
    onChanged();
  });
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <PlanChoice value={plan} onChange={setPlan} optional />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Quantity" hint="Seats, where the plan has a price by seat.">
          {(control) => (
            <Input
              {...control}
              type="number"
              min={1}
              value={quantity}
              onChange={(event) => setQuantity(event.target.value)}
            />
          )}
        </Field>
        <Field label="Coupon" optional>
          {(control) => (
            <Input
              {...control}
              autoComplete="off"
              value={coupon}
              onChange={(event) => setCoupon(event.target.value)}
            />
          )}
        </Field>
      </div>
      <AddOnFields value={addOns} onChange={setAddOns} />
      <Field label="When">
        {(control) => <Select {...control} value={when} options={moments} onValueChange={setWhen} />}
      </Field>
      {wished ? <ChangePreview preview={preview} /> : null}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button
          type="submit"
          variant="primary"
          disabled={!preview.data || preview.isFetching}
          pending={change.isPending}
        >
          {preview.data?.when === 'period_end' ? 'Schedule the change' : 'Change now'}
        </Button>
      </DialogFooter>
    </form>
  );
}

/** Seats where there are seats, else how many of the plan. */
function quantityOf({ items }: Subscription): number {
  const base = items.filter((item) => item.plan_type === 'base' && item.feature === null);
  return (base.find((item) => item.type !== 'flat') ?? base[0])?.quantity ?? 1;
}

/** How many of each add-on there are, by its key. An add-on of several prices counts once. */
function addOnsBefore({ items }: Subscription): Record<string, number> {
  const addOns = items.filter((item) => item.plan_type === 'add_on');
  return Object.fromEntries(addOns.map(({ plan, quantity }) => [plan, quantity]));
}

type Wish = {
  plan: ChosenPlan | null;
  quantity: number;
  before: number;
  coupon: string;
  when: string;
  add_ons: ReturnType<typeof addOnsOf>;
};

/** The request, or undefined while nothing is to be different. */
function wishOf({ plan, quantity, before, coupon, when, add_ons }: Wish): SubscriptionChange | undefined {
  const differs = plan !== null || quantity !== before || coupon.trim() !== '' || add_ons.length > 0;
  if (!differs || !Number.isSafeInteger(quantity) || quantity < 1) return undefined;
  return {
    ...(plan ? { plan: plan.plan, price: plan.price } : {}),
    ...(quantity === before ? {} : { quantity }),
    ...(coupon.trim() === '' ? {} : { coupon: coupon.trim() }),
    ...(add_ons.length === 0 ? {} : { add_ons }),
    ...(when === 'now' || when === 'period_end' ? { when } : {}),
  };
}
