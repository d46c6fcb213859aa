'use client';

import { Field } from '@billingos/ui/components/field';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { QueryStates } from '../../api/query-states.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { paymentSettingsQuery } from './queries.ts';
import { SettingsForm } from './settings-form.tsx';
import { useSaveSettings } from './use-save-settings.ts';

type Values = { dispute_policy: 'suspend' | 'keep' };

const policies = [
  { value: 'suspend', label: 'Is withheld until it is decided', hint: 'Lost, the subscription ends' },
  { value: 'keep', label: 'Stays', hint: 'Disputes change nothing' },
] as const;

export function DisputeSettings() {
  const { api } = useEnvironment();
  const settings = useQuery(paymentSettingsQuery(api));
  return (
    <QueryStates query={settings} loading={<TableSkeleton rows={1} label="Loading the settings" />}>
      {(data) => <DisputeForm settings={data} />}
    </QueryStates>
  );
}

function DisputeForm({ settings }: { settings: Values }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({ defaultValues: settings });
  const save = useSaveSettings(
    (body: Values) => unwrap(api.client.PATCH('/api/v1/payment-settings', { body })),
    (error) => placeError(error, form, ['dispute_policy']),
  );
  const { errors } = form.formState;
  return (
    <SettingsForm
      title="Disputes"
      description="A customer asks the bank to take a payment back."
      form={form}
      save={save}
    >
      <Controller
        control={form.control}
        name="dispute_policy"
        render={({ field }) => (
          <Field label="Meanwhile, access" error={errors.dispute_policy?.message}>
            {(control) => (
              <Select {...control} value={field.value} options={policies} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
    </SettingsForm>
  );
}
