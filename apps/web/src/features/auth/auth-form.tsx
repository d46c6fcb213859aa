'use client';

import { Button } from '@billingos/ui/components/button';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { Notice } from '@billingos/ui/components/notice';
import { useActionState, type ReactNode } from 'react';
import type { AuthState } from './actions.ts';

type AuthFormProps = {
  action: (before: AuthState, form: FormData) => Promise<AuthState>;
  submit: string;
  fields: readonly ('email' | 'password' | 'new-password')[];
  /** Shown instead of the form once something was mailed. */
  sent?: string;
  next?: string;
  /** Beside the password's label: the way out for who forgot it. */
  aside?: ReactNode;
};

/** E-mail and password, in the combinations that logging in needs. It works before any script has loaded. */
export function AuthForm({ action, submit, fields, sent, next, aside }: AuthFormProps) {
  const [state, send, pending] = useActionState(action, { status: 'idle' });
  if (state.status === 'sent' && sent) {
    return (
      <Notice tone="success">
        {sent} <strong className="font-semibold">{state.email}</strong>
      </Notice>
    );
  }
  const errorOf = (field: AuthState['field']) => (state.field === field ? state.message : undefined);
  return (
    <form action={send} className="grid gap-4" noValidate>
      {state.status === 'refused' && !state.field ? <Notice tone="danger">{state.message}</Notice> : null}
      {next ? <input type="hidden" name="next" value={next} /> : null}
      {fields.includes('email') ? (
        <Field label="E-mail" error={errorOf('email')}>
          {(control) => (
            <Input
              {...control}
              name="email"
              type="email"
              autoComplete="email"
              defaultValue={state.email}
              required
            />
          )}
        </Field>
      ) : null}
      {fields.includes('password') ? (
        <div className="relative">
          <Field label="Password" error={errorOf('password')}>
            {(control) => (
              <Input {...control} name="password" type="password" autoComplete="current-password" required />
            )}
          </Field>
          <span className="absolute top-0 right-0 text-sm">{aside}</span>
        </div>
      ) : null}
      {fields.includes('new-password') ? (
        <Field label="Password" hint="At least 10 characters." error={errorOf('password')}>
          {(control) => (
            <Input {...control} name="password" type="password" autoComplete="new-password" required />
          )}
        </Field>
      ) : null}
      <Button type="submit" variant="primary" pending={pending} className="h-9.5">
        {submit}
      </Button>
    </form>
  );
}
