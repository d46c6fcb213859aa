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
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Repeat } from 'lucide-react';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { PlanChoice, type ChosenPlan } from './plan-choice.tsx';
import { subscriptionKeys } from './queries.ts';
import { SaleFields } from './sale-fields.tsx';
import { emptySale, saleOf, type SaleDraft } from './sale.ts';

const on_file = 'on_file';
const by_invoice = 'by_invoice';
const ways = [
  { value: on_file, label: 'What is on file at Stripe' },
  { value: by_invoice, label: 'By your invoice', hint: 'You write it here, they transfer the money' },
];

/** Stripe's published test payment methods; in a live environment only what the customer has on file can pay. */
const test_cards = [
  { value: 'pm_card_visa', label: 'Test card that pays', hint: 'Visa ending in 4242' },
  { value: 'pm_card_chargeCustomerFail', label: 'Test card that is declined', hint: 'Visa ending in 0341' },
];

/** Subscribes a customer without a checkout page. */
export function SubscribeDialog({ customer }: { customer: Customer }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button variant="primary">
          <Repeat aria-hidden />
          Subscribe
        </Button>
      </DialogTrigger>
      <DialogContent
        title="Subscribe"
        description="Starts the subscription now and charges the first period."
      >
        <SubscribeForm customer={customer} onSubscribed={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { plan: ChosenPlan | null; payment_method: string; sale: SaleDraft };

function SubscribeForm({ customer, onSubscribed }: { customer: Customer; onSubscribed: () => void }) {
  const { api, environment } = useEnvironment();
  const queries = useQueryClient();
  const cards = environment.mode === 'test' ? test_cards : [];
  const form = useForm<Values>({
    defaultValues: { plan: null, payment_method: cards[0]?.value ?? on_file, sale: emptySale },
  });
  const subscribe = useMutation({
    mutationFn: ({ plan, payment_method, sale }: Values & { plan: ChosenPlan }) =>
      unwrap(
        api.client.POST('/api/v1/subscriptions', {
          body: {
            customer: customer.id,
            plan: plan.plan,
            price: plan.price,
            ...saleOf(sale),
            ...paymentOf(payment_method),
          },
        }),
      ),
    onSuccess: async ({ plan }) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: subscriptionKeys.all(api) }),
        queries.invalidateQueries({ queryKey: customerKeys.all(api) }),
      ]);
      toast.success(`Subscribed to ${plan.name}`);
      onSubscribed();
    },
    onError: (error) =>
      placeError(
        error,
        form,
        new Map([
          ['plan', 'plan'],
          ['price', 'plan'],
          ['payment_method', 'payment_method'],
          ['quantity', 'sale.quantity'],
          ['coupon', 'sale.coupon'],
          ['trial', 'sale.trial'],
        ] as const),
      ),
  });
  const { plan, payment_method, sale } = form.watch();
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit((values) => {
          if (values.plan) subscribe.mutate({ ...values, plan: values.plan });
          else form.setError('plan', { message: 'Choose a plan.' });
        })(event)
      }
    >
      {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
      <PlanChoice
        value={plan}
        error={errors.plan?.message}
        onChange={(chosen) => {
          form.clearErrors('plan');
          form.setValue('plan', chosen);
        }}
      />
      <SaleFields
        value={sale}
        onChange={(value) => form.setValue('sale', value)}
        errors={{
          quantity: errors.sale?.quantity?.message,
          coupon: errors.sale?.coupon?.message,
          trial: errors.sale?.trial?.message,
        }}
      />
      <Field label="Paid with" error={errors.payment_method?.message}>
        {(control) => (
          <Select
            {...control}
            value={payment_method}
            options={[...cards, ...ways]}
            onValueChange={(value) => form.setValue('payment_method', value)}
          />
        )}
      </Field>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" pending={subscribe.isPending}>
          Subscribe
        </Button>
      </DialogFooter>
    </form>
  );
}

/** Who collects, and from what. */
function paymentOf(way: string): { billing?: 'manual'; payment_method?: string } {
  if (way === by_invoice) return { billing: 'manual' };
  return way === on_file ? {} : { payment_method: way };
}
