'use client';

import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { TableSkeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { EmailSettings as Settings } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { emailSettingsQuery } from './queries.ts';
import { SettingsForm, SwitchSetting } from './settings-form.tsx';
import { useSaveSettings } from './use-save-settings.ts';

const mails = [
  {
    name: 'payment_recovery',
    label: 'A payment failed',
    hint: 'With a page to pay on, and before each new attempt.',
  },
  { name: 'trial_ending', label: 'A trial is about to end', hint: 'Three days before.' },
  { name: 'trial_ended', label: 'A trial has ended', hint: 'And what became of it.' },
  { name: 'renewal', label: 'A yearly plan renews', hint: 'Seven days before.' },
  {
    name: 'subscription_started',
    label: 'A subscription began',
    hint: 'What was bought, and what it costs.',
  },
  { name: 'subscription_ended', label: 'A subscription ended', hint: 'And until when there is access.' },
] as const;

/** Which mails customers get, and where their answers go. */
export function EmailSettings() {
  const { api } = useEnvironment();
  const settings = useQuery(emailSettingsQuery(api));
  return (
    <QueryStates query={settings} loading={<TableSkeleton label="Loading the settings" />}>
      {(data) => <EmailSettingsForm settings={data} />}
    </QueryStates>
  );
}

type Values = Omit<Settings, 'reply_to'> & { reply_to: string };

function EmailSettingsForm({ settings }: { settings: Settings }) {
  const { api } = useEnvironment();
  const form = useForm<Values>({ defaultValues: { ...settings, reply_to: settings.reply_to ?? '' } });
  const save = useSaveSettings(
    ({ reply_to, ...body }: Values) =>
      unwrap(
        api.client.PATCH('/api/v1/email-settings', { body: { ...body, reply_to: reply_to.trim() || null } }),
      ),
    (error) => placeError(error, form, ['reply_to']),
  );
  const { errors } = form.formState;
  return (
    <SettingsForm
      title="What customers are told"
      description="In your name, when it happens."
      form={form}
      save={save}
    >
      {mails.map(({ name, label, hint }) => (
        <SwitchSetting key={name} form={form} name={name} label={label} hint={hint} />
      ))}
      <Field label="Answers go to" optional error={errors.reply_to?.message}>
        {(control) => (
          <Input {...control} type="email" placeholder="billing@example.com" {...form.register('reply_to')} />
        )}
      </Field>
    </SettingsForm>
  );
}
