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
import type { SubscriptionSettings as Settings } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionSettingsQuery } from './queries.ts';
import { SettingsForm, SwitchSetting } from './settings-form.tsx';
import { useSaveSettings } from './use-save-settings.ts';

export function SubscriptionSettings() {
  const { api } = useEnvironment();
  const settings = useQuery(subscriptionSettingsQuery(api));
  return (
    <>
      <PageHeader
        title="Tax, trials and upgrades"
        description="How what you sell through Stripe is taxed, and what becomes of use when a trial ends or a plan changes."
      />
      <QueryStates query={settings} loading={<TableSkeleton label="Loading the settings" />}>
        {(data) => (
          <div className="grid gap-6">
            <SubscriptionForm settings={data} />
            <UpgradeForm settings={data} />
            <TrialForm settings={data} />
          </div>
        )}
      </QueryStates>
    </>
  );
}

type Values = { automatic_tax: boolean; tax_rates: string };

function SubscriptionForm({ settings }: { settings: Settings }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({
    defaultValues: { automatic_tax: settings.automatic_tax, tax_rates: settings.tax_rates.join(', ') },
  });
  const save = useSaveSettings(
    ({ automatic_tax, tax_rates }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/subscription-settings', {
          body: { automatic_tax, tax_rates: tax_rates.split(/[\s,;]+/).filter((id) => id !== '') },
        }),
      ),
    // A refusal names the one rate that is wrong ("tax_rates.0"); they are all typed into one field.
    (error) =>
      placeError(
        error,
        form,
        new Map(
          ['tax_rates', ...Array.from({ length: 5 }, (_, at) => `tax_rates.${at}`)].map((param) => [
            param,
            'tax_rates' as const,
          ]),
        ),
      ),
  );
  const { errors } = form.formState;
  return (
    <SettingsForm
      title="Of new subscriptions"
      description="Holds for subscriptions that begin from now on."
      form={form}
      save={save}
    >
      <SwitchSetting
        form={form}
        name="automatic_tax"
        label="Let Stripe compute the tax"
        hint="By the customer’s address. Stripe Tax must be switched on in your account."
      />
      <Field
        label="Tax rates"
        optional
        hint="Ids of Stripe tax rates, for where tax is not computed. Up to five, separated by commas."
        error={errors.tax_rates?.message}
      >
        {(control) => (
          <Input
            {...control}
            className="font-mono"
            placeholder="txr_1PvA2b"
            autoComplete="off"
            {...form.register('tax_rates')}
          />
        )}
      </Field>
    </SettingsForm>
  );
}

type UpgradeValues = Pick<Settings, 'reset_usage_on_upgrade'>;

function UpgradeForm({ settings }: { settings: Settings }) {
  const { api } = useEnvironment();
  const form = useForm<UpgradeValues>({
    defaultValues: { reset_usage_on_upgrade: settings.reset_usage_on_upgrade },
  });
  const save = useSaveSettings(
    (body: UpgradeValues) => unwrap(api.client.PATCH('/api/v1/subscription-settings', { body })),
    (error) => placeError(error, form, new Map([['reset_usage_on_upgrade', 'reset_usage_on_upgrade']])),
  );
  return (
    <SettingsForm
      title="Of upgrades"
      description="Holds for changes to a plan of higher rank, unless a call says otherwise."
      form={form}
      save={save}
    >
      <SwitchSetting
        form={form}
        name="reset_usage_on_upgrade"
        label="Set back what was used"
        hint="The limits of the new plan hold in full for the rest of the period. What was used before is charged as it was."
      />
    </SettingsForm>
  );
}

type TrialValues = Pick<Settings, 'reset_usage_after_trial'>;

function TrialForm({ settings }: { settings: Settings }) {
  const { api } = useEnvironment();
  const form = useForm<TrialValues>({
    defaultValues: { reset_usage_after_trial: settings.reset_usage_after_trial },
  });
  const save = useSaveSettings(
    (body: TrialValues) => unwrap(api.client.PATCH('/api/v1/subscription-settings', { body })),
    (error) => placeError(error, form, new Map([['reset_usage_after_trial', 'reset_usage_after_trial']])),
  );
  return (
    <SettingsForm
      title="Of trials"
      description="Holds for every trial and the first period after it, also those that run."
      form={form}
      save={save}
    >
      <SwitchSetting
        form={form}
        name="reset_usage_after_trial"
        label="Begin at zero after a trial"
        hint="Otherwise what is used in a trial counts against the limits of the first paid period, too. It is never charged."
      />
    </SettingsForm>
  );
}
