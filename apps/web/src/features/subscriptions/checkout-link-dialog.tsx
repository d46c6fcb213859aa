'use client';

import { Button } from '@billingos/ui/components/button';
import { CopyableCode } from '@billingos/ui/components/copy-button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation } from '@tanstack/react-query';
import { ExternalLink, Link2 } from 'lucide-react';
import { useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { PlanChoice, type ChosenPlan } from './plan-choice.tsx';
import { SaleFields } from './sale-fields.tsx';
import { emptySale, saleOf, type SaleDraft } from './sale.ts';

/** Makes a link to Stripe's payment page for one customer and one plan. */
export function CheckoutLinkDialog({ customer }: { customer: Customer }) {
  return (
    <Dialog>
      <DialogTrigger asChild>
        <Button>
          <Link2 aria-hidden />
          Create checkout link
        </Button>
      </DialogTrigger>
      <DialogContent
        title="Create checkout link"
        description="The customer pays on Stripe's page and is subscribed."
      >
        <CheckoutLinkForm customer={customer} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { plan: ChosenPlan | null; return_url: string; sale: SaleDraft };

function CheckoutLinkForm({ customer }: { customer: Customer }) {
  const { api, href } = useEnvironment();
  const form = useForm<Values>({
    defaultValues: {
      plan: null,
      sale: emptySale,
      return_url: `${window.location.origin}${href(`customers/${customer.id}`)}`,
    },
  });
  const create = useMutation({
    mutationFn: ({ plan, return_url, sale }: Values & { plan: ChosenPlan }) =>
      unwrap(
        api.client.POST('/api/v1/checkout/sessions', {
          body: {
            customer: customer.id,
            plan: plan.plan,
            price: plan.price,
            ...saleOf(sale),
            success_url: return_url,
            cancel_url: return_url,
          },
        }),
      ),
    onError: (error) =>
      placeError(
        error,
        form,
        new Map([
          ['plan', 'plan'],
          ['price', 'plan'],
          ['success_url', 'return_url'],
          ['cancel_url', 'return_url'],
          ['quantity', 'sale.quantity'],
          ['coupon', 'sale.coupon'],
          ['trial', 'sale.trial'],
        ] as const),
      ),
  });
  if (create.data) return <CheckoutLink {...create.data} />;
  const { plan, sale } = form.watch();
  const { errors } = form.formState;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) =>
        void form.handleSubmit((values) => {
          if (values.plan) create.mutate({ ...values, plan: values.plan });
          else form.setError('plan', { message: 'Choose what to sell.' });
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
      <Field
        label="Return to"
        hint="Where Stripe sends the customer afterwards. Usually a page of your app."
        error={errors.return_url?.message}
      >
        {(control) => (
          <Input
            {...control}
            type="url"
            className="font-mono text-xs"
            {...form.register('return_url', { required: 'Enter an address.' })}
          />
        )}
      </Field>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" pending={create.isPending}>
          Create link
        </Button>
      </DialogFooter>
    </form>
  );
}

function CheckoutLink({ url, expires_at }: { url: string | null; expires_at: string }) {
  if (url === null) return <Notice>This link was already used. Close the dialog to make another.</Notice>;
  return (
    <div className="grid gap-3">
      <div className="min-w-0 rounded-md border bg-subtle px-3 py-2">
        <CopyableCode value={url} label="Copy checkout link" />
      </div>
      <p className="text-sm text-muted">
        Send it to the customer. It works until {formatMoment(expires_at)}.
      </p>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Done</Button>
        </DialogClose>
        <Button variant="primary" asChild>
          <a href={url} target="_blank" rel="noreferrer">
            <ExternalLink aria-hidden />
            Open checkout
          </a>
        </Button>
      </DialogFooter>
    </div>
  );
}
