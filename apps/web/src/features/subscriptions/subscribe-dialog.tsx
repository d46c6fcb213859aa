'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Repeat } from 'lucide-react';
import { useState } from 'react';
import { Controller, FormProvider, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionKeys } from './queries.ts';
import { SaleFields } from './sale-fields.tsx';
import { emptySale, saleFields, saleOf, type SaleDraft } from './sale.ts';

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

type Values = { sale: SaleDraft; payment_method: string };

function SubscribeForm({ customer, onSubscribed }: { customer: Customer; onSubscribed: () => void }) {
  const { api, environment } = useEnvironment();
  const queries = useQueryClient();
  const cards = environment.mode === 'test' ? test_cards : [];
  const form = useForm<Values>({
    defaultValues: { sale: emptySale, payment_method: cards[0]?.value ?? on_file },
  });
  const subscribe = useMutation({
    mutationFn: ({ sale, payment_method }: Values) =>
      unwrap(
        api.client.POST('/api/v1/subscriptions', {
          body: { customer: customer.id, ...saleOf(sale), ...paymentOf(payment_method) },
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
      placeError(error, form, new Map([...saleFields, ['payment_method', 'payment_method'] as const])),
  });
  return (
    <FormProvider {...form}>
      <DialogForm form={form} action={subscribe} pending={subscribe.isPending} submit="Subscribe">
        <SaleFields />
        <Controller
          control={form.control}
          name="payment_method"
          render={({ field, fieldState }) => (
            <Field label="Paid with" error={fieldState.error?.message}>
              {(control) => (
                <Select
                  {...control}
                  value={field.value}
                  options={[...cards, ...ways]}
                  onValueChange={field.onChange}
                />
              )}
            </Field>
          )}
        />
      </DialogForm>
    </FormProvider>
  );
}

/** Who collects, and from what. */
function paymentOf(way: string): { billing?: 'manual'; payment_method?: string } {
  if (way === by_invoice) return { billing: 'manual' };
  return way === on_file ? {} : { payment_method: way };
}
