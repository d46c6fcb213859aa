'use client';

import { Field } from '@billingos/ui/components/field';
import { Input, Textarea } from '@billingos/ui/components/input';
import { PageHeader } from '@billingos/ui/components/page-header';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { InvoiceSettings as Settings } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceSettingsQuery } from './queries.ts';
import { SettingsForm } from './settings-form.tsx';
import { useSaveSettings } from './use-save-settings.ts';

export function InvoiceSettings() {
  const { api } = useEnvironment();
  const settings = useQuery(invoiceSettingsQuery(api));
  return (
    <>
      <PageHeader
        title="Manual invoicing"
        description="For customers who do not pay through Stripe. What is issued already stays as it is."
      />
      <QueryStates query={settings} loading={<TableSkeleton label="Loading the settings" />}>
        {(data) => <InvoiceForm settings={data} />}
      </QueryStates>
    </>
  );
}

type Values = {
  seller_name: string;
  seller_address: string;
  seller_tax_id: string;
  prefix: string;
  tax_rate: string;
  tax_label: string;
  payment_terms_days: string;
  notes: string;
};

const fields = [
  'seller_name',
  'seller_address',
  'seller_tax_id',
  'prefix',
  'tax_rate',
  'tax_label',
  'payment_terms_days',
  'notes',
] as const;

function InvoiceForm({ settings }: { settings: Settings }) {
  const { api, merchant } = useEnvironment();
  const form = useForm<Values>({
    defaultValues: {
      ...settings,
      seller_name: settings.seller_name ?? '',
      seller_address: settings.seller_address ?? '',
      seller_tax_id: settings.seller_tax_id ?? '',
      notes: settings.notes ?? '',
      payment_terms_days: String(settings.payment_terms_days),
    },
  });
  const save = useSaveSettings(
    (values: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/invoice-settings', {
          body: {
            seller_name: values.seller_name.trim() || null,
            seller_address: values.seller_address.trim() || null,
            seller_tax_id: values.seller_tax_id.trim() || null,
            prefix: values.prefix.trim().toUpperCase(),
            tax_rate: values.tax_rate.trim(),
            tax_label: values.tax_label.trim(),
            payment_terms_days: Number(values.payment_terms_days),
            notes: values.notes.trim() || null,
          },
        }),
      ),
    (error) => placeError(error, form, fields),
  );
  const { errors } = form.formState;
  return (
    <SettingsForm
      title="On every invoice"
      description="It is printed on the PDF that the customer gets."
      form={form}
      save={save}
    >
      <Field label="Seller" optional hint={`Empty: ${merchant.name}.`} error={errors.seller_name?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('seller_name')} />}
      </Field>
      <Field label="Address" optional error={errors.seller_address?.message}>
        {(control) => <Textarea {...control} autoComplete="off" {...form.register('seller_address')} />}
      </Field>
      <Field label="Tax id" optional error={errors.seller_tax_id?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('seller_tax_id')} />}
      </Field>
      <div className="grid gap-5 sm:grid-cols-2">
        <Field label="Prefix of numbers" hint="INV gives INV-000123." error={errors.prefix?.message}>
          {(control) => <Input {...control} autoComplete="off" {...form.register('prefix')} />}
        </Field>
        <Field label="Days to pay" hint="From issue to due." error={errors.payment_terms_days?.message}>
          {(control) => (
            <Input
              {...control}
              inputMode="numeric"
              autoComplete="off"
              {...form.register('payment_terms_days', {
                validate: (typed) => /^\d{1,3}$/.test(typed) || 'Write a number of days from 0 to 365.',
              })}
            />
          )}
        </Field>
        <Field
          label="Tax in percent"
          hint="On top of the prices. 0 is no tax."
          error={errors.tax_rate?.message}
        >
          {(control) => (
            <Input {...control} inputMode="decimal" autoComplete="off" {...form.register('tax_rate')} />
          )}
        </Field>
        <Field label="What the tax is called" error={errors.tax_label?.message}>
          {(control) => <Input {...control} autoComplete="off" {...form.register('tax_label')} />}
        </Field>
      </div>
      <Field
        label="Notes"
        optional
        hint="Under every invoice: your bank account, for example."
        error={errors.notes?.message}
      >
        {(control) => <Textarea {...control} autoComplete="off" {...form.register('notes')} />}
      </Field>
    </SettingsForm>
  );
}
