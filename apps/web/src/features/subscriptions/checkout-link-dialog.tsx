'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogContent, DialogTrigger } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation } from '@tanstack/react-query';
import { Link2 } from 'lucide-react';
import { FormProvider, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Customer } from '../../api/types.ts';
import { formatMoment } from '../../formatting/dates.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { MadeLink } from '../customers/made-link.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { SaleFields } from './sale-fields.tsx';
import { emptySale, saleFields, saleOf, type SaleDraft } from './sale.ts';

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

type Values = { sale: SaleDraft; return_url: string };

function CheckoutLinkForm({ customer }: { customer: Customer }) {
  const { api, href } = useEnvironment();
  const form = useForm<Values>({
    defaultValues: {
      sale: emptySale,
      return_url: `${window.location.origin}${href(`customers/${customer.id}`)}`,
    },
  });
  const create = useMutation({
    mutationFn: ({ sale, return_url }: Values) =>
      unwrap(
        api.client.POST('/api/v1/checkout/sessions', {
          body: {
            customer: customer.id,
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
        new Map([...saleFields, ['success_url', 'return_url'], ['cancel_url', 'return_url']] as const),
      ),
  });
  if (create.data) return <CheckoutLink {...create.data} />;
  return (
    <FormProvider {...form}>
      <DialogForm form={form} action={create} pending={create.isPending} submit="Create link">
        <SaleFields />
        <Field
          label="Return to"
          hint="Where Stripe sends the customer afterwards. Usually a page of your app."
          error={form.formState.errors.return_url?.message}
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
      </DialogForm>
    </FormProvider>
  );
}

function CheckoutLink({ url, expires_at }: { url: string | null; expires_at: string }) {
  if (url === null) return <Notice>This link was already used. Close the dialog to make another.</Notice>;
  return (
    <MadeLink url={url} copy="Copy checkout link" open="Open checkout">
      Send it to the customer. It works until {formatMoment(expires_at)}.
    </MadeLink>
  );
}
