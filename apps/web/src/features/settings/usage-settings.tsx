'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { PageHeader } from '@billingos/ui/components/page-header';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { UsageSettings as Settings } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { usageSettingsQuery } from './queries.ts';
import { SettingsForm, SwitchSetting } from './settings-form.tsx';
import { useSaveSettings } from './use-save-settings.ts';

export function UsageSettings() {
  const { api } = useEnvironment();
  const settings = useQuery(usageSettingsQuery(api));
  return (
    <>
      <PageHeader title="Usage rules" description="Which use is taken, and how late it may come." />
      <QueryStates query={settings} loading={<TableSkeleton label="Loading the settings" />}>
        {(data) => <UsageForm settings={data} />}
      </QueryStates>
    </>
  );
}

type Values = { grace_minutes: string; creates_customers: boolean };

function UsageForm({ settings }: { settings: Settings }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({
    defaultValues: { ...settings, grace_minutes: String(settings.grace_minutes) },
  });
  const save = useSaveSettings(
    ({ grace_minutes: grace, creates_customers }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/usage-settings', {
          body: { grace_minutes: Number(grace), creates_customers },
        }),
      ),
    (error) => placeError(error, form, ['grace_minutes', 'creates_customers']),
  );
  return (
    <SettingsForm
      title="Of what is reported"
      description="Holds for what comes from now on. What was counted stays where it is."
      form={form}
      save={save}
    >
      <Field
        label="Grace in minutes"
        hint="How long after its end a billing period still takes events of its time. Its invoice waits for that."
        error={form.formState.errors.grace_minutes?.message}
      >
        {(control) => (
          <Input
            {...control}
            inputMode="numeric"
            autoComplete="off"
            {...form.register('grace_minutes', {
              validate: (typed) =>
                /^\d{1,5}$/.test(typed) || 'Write a number of minutes from 0 to 10080, a week.',
            })}
          />
        )}
      </Field>
      <SwitchSetting
        form={form}
        name="creates_customers"
        label="Create customers that were never seen"
        hint="Otherwise use of a customer you did not create first is refused, and listed among the rejected events."
      />
    </SettingsForm>
  );
}
