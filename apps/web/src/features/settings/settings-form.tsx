'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { Switch } from '@billingos/ui/components/switch';
import type { FormEvent, ReactNode } from 'react';
import { useEnvironment } from '../merchants/environment-context.tsx';

type SettingsFormProps = {
  title: string;
  description: string;
  error: string | undefined;
  pending: boolean;
  onSubmit: (event: FormEvent) => void;
  children: ReactNode;
};

/** A card of settings. Who may not change them reads them: every control is disabled. */
export function SettingsForm({ title, description, error, pending, onSubmit, children }: SettingsFormProps) {
  const { can } = useEnvironment();
  const mayWrite = can('settings:write');
  return (
    <Card>
      <CardHeader title={title} description={description} />
      <CardBody>
        <form noValidate className="max-w-xl" onSubmit={onSubmit}>
          <fieldset disabled={!mayWrite} className="grid gap-5">
            <legend className="sr-only">{title}</legend>
            {error ? <Notice tone="danger">{error}</Notice> : null}
            {children}
            {mayWrite ? (
              <Button type="submit" variant="primary" className="w-fit" pending={pending}>
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

type SwitchRowProps = {
  label: string;
  hint: string;
  checked: boolean;
  onCheckedChange: (checked: boolean) => void;
};

/** A setting that is on or off. */
export function SwitchRow({ label, hint, checked, onCheckedChange }: SwitchRowProps) {
  return (
    <label className="flex items-center justify-between gap-4 text-sm">
      <span className="grid">
        <span className="font-medium">{label}</span>
        <span className="text-muted">{hint}</span>
      </span>
      <Switch aria-label={label} checked={checked} onCheckedChange={onCheckedChange} />
    </label>
  );
}
