'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Select } from '@billingos/ui/components/select';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { Controller, useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { RecoverySettings as Settings } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { DisputeSettings } from './dispute-settings.tsx';
import { recoverySettingsQuery } from './queries.ts';
import { daysOf } from './retry-days.ts';
import { SettingsForm, SwitchSetting } from './settings-form.tsx';
import { useSaveSettings } from './use-save-settings.ts';

const owners = [
  { value: 'billingos', label: 'BillingOS', hint: 'On the days below' },
  { value: 'stripe', label: 'Stripe', hint: 'As its own retries are set there' },
] as const satisfies readonly { value: Settings['owner']; label: string; hint: string }[];
const finals = [
  { value: 'cancel', label: 'Is canceled' },
  { value: 'pause', label: 'Is paused' },
  { value: 'keep', label: 'Stays past due, without access' },
] as const satisfies readonly { value: Settings['final_action']; label: string }[];

export function RecoverySettings() {
  const { api } = useEnvironment();
  const settings = useQuery(recoverySettingsQuery(api));
  return (
    <>
      <PageHeader
        title="Retries and disputes"
        description="What happens when the payment of a subscription fails or is disputed."
      />
      <div className="grid gap-4">
        <QueryStates query={settings} loading={<TableSkeleton label="Loading the settings" />}>
          {(data) => <RecoveryForm settings={data} />}
        </QueryStates>
        <DisputeSettings />
      </div>
    </>
  );
}

type Values = {
  owner: Settings['owner'];
  retry_days: string;
  grace_days: string;
  final_action: Settings['final_action'];
  survey: boolean;
};

function RecoveryForm({ settings }: { settings: Settings }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({
    defaultValues: {
      ...settings,
      retry_days: settings.retry_days.join(', '),
      grace_days: settings.grace_days === null ? '' : String(settings.grace_days),
    },
  });
  const save = useSaveSettings(
    ({ retry_days, grace_days, ...rest }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/recovery-settings', {
          body: {
            ...rest,
            retry_days: daysOf(retry_days) ?? settings.retry_days,
            grace_days: grace_days.trim() === '' ? null : Number(grace_days),
          },
        }),
      ),
    (error) => placeError(error, form, ['owner', 'retry_days', 'grace_days', 'final_action']),
  );
  const { errors } = form.formState;
  return (
    <SettingsForm
      title="Failed payments"
      description="Customers are written to at the first failure and before each attempt."
      form={form}
      save={save}
    >
      <Controller
        control={form.control}
        name="owner"
        render={({ field }) => (
          <Field label="Who tries again" error={errors.owner?.message}>
            {(control) => (
              <Select {...control} value={field.value} options={owners} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      <Field
        label="Tried again on these days"
        hint="Days after the first failure, such as 3, 6, 10. Up to eight, at most 60."
        error={errors.retry_days?.message}
      >
        {(control) => (
          <Input
            {...control}
            autoComplete="off"
            {...form.register('retry_days', {
              validate: (typed) => daysOf(typed) !== undefined || 'Write ascending days: 3, 6, 10.',
            })}
          />
        )}
      </Field>
      <Field
        label="Days of grace"
        hint="How long access stays after the first failure. Empty: until nothing more is tried."
        error={errors.grace_days?.message}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            autoComplete="off"
            {...form.register('grace_days', {
              validate: (typed) => /^\s*\d{0,2}\s*$/.test(typed) || 'Write a number of days from 0 to 21.',
            })}
          />
        )}
      </Field>
      <Controller
        control={form.control}
        name="final_action"
        render={({ field }) => (
          <Field label="When nothing helped, the subscription" error={errors.final_action?.message}>
            {(control) => (
              <Select {...control} value={field.value} options={finals} onValueChange={field.onChange} />
            )}
          </Field>
        )}
      />
      <SwitchSetting
        form={form}
        name="survey"
        label="Ask why"
        hint="Customers who were lost get one question by e-mail."
      />
    </SettingsForm>
  );
}
