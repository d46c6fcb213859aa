'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { Switch } from '@billingos/ui/components/switch';
import type { ReactNode } from 'react';
import { Controller, type FieldPathByValue, type FieldValues, type UseFormReturn } from 'react-hook-form';
import { useEnvironment } from '../merchants/environment-context.tsx';

type SettingsFormProps<Values extends FieldValues> = {
  title: string;
  description: string;
  form: UseFormReturn<Values>;
  /** What saves the values of the form. */
  save: { mutate: (values: Values) => void; isPending: boolean };
  children: ReactNode;
};

/** A card of settings. Who may not change them reads them: every control is disabled. */
export function SettingsForm<Values extends FieldValues>({
  title,
  description,
  form,
  save,
  children,
}: SettingsFormProps<Values>) {
  const { can } = useEnvironment();
  const mayWrite = can('settings:write');
  const { root } = form.formState.errors;
  return (
    <Card>
      <CardHeader title={title} description={description} />
      <CardBody>
        <form
          noValidate
          className="max-w-xl"
          onSubmit={(event) => void form.handleSubmit((values) => save.mutate(values))(event)}
        >
          <fieldset disabled={!mayWrite} className="grid gap-5">
            <legend className="sr-only">{title}</legend>
            {root ? <Notice tone="danger">{root.message}</Notice> : null}
            {children}
            {mayWrite ? (
              <Button type="submit" variant="primary" className="w-fit" pending={save.isPending}>
                Save
              </Button>
            ) : (
              <Notice>Your role may read these settings, not change them.</Notice>
            )}
          </fieldset>
        </form>
      </CardBody>
    </Card>
  );
}

type SwitchSettingProps<Values extends FieldValues> = {
  form: UseFormReturn<Values>;
  name: FieldPathByValue<Values, boolean>;
  label: string;
  hint: string;
};

/** A setting that is on or off. */
export function SwitchSetting<Values extends FieldValues>({
  form,
  name,
  label,
  hint,
}: SwitchSettingProps<Values>) {
  return (
    <Controller
      control={form.control}
      name={name}
      render={({ field }) => (
        <label className="flex items-center justify-between gap-4 text-sm">
          <span className="grid">
            <span className="font-medium">{label}</span>
            <span className="text-muted">{hint}</span>
          </span>
          <Switch aria-label={label} checked={field.value} onCheckedChange={field.onChange} />
        </label>
      )}
    />
  );
}
