'use client';

import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Subscription } from '../../api/types.ts';
import { formatDay } from '../../formatting/dates.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { subscriptionKeys } from './queries.ts';

const refunds = [
  { value: 'none', label: 'Is kept' },
  { value: 'credit', label: 'Becomes credit for later invoices' },
  { value: 'refund', label: 'Goes back to the card' },
] as const;
type Refund = (typeof refunds)[number]['value'];

type CancelSubscriptionDialogProps = {
  subscription: Subscription;
  open: boolean;
  onOpenChange: (open: boolean) => void;
};

export function CancelSubscriptionDialog({
  subscription,
  open,
  onOpenChange,
}: CancelSubscriptionDialogProps) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const [when, setWhen] = useState<'period_end' | 'now'>('period_end');
  const [refund, setRefund] = useState<Refund>('none');
  const cancel = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.POST('/api/v1/subscriptions/{id}/cancel', {
          params: { path: { id: subscription.id } },
          body: { when, refund: when === 'now' ? refund : 'none' },
        }),
      ),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: subscriptionKeys.all(api) }),
        queries.invalidateQueries({ queryKey: customerKeys.one(api, subscription.customer.id) }),
      ]);
      toast.success(when === 'now' ? 'Subscription canceled' : 'Subscription will end with its period');
      onOpenChange(false);
    },
  });
  const end = subscription.current_period_end;
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Cancel ${subscription.plan.name}?`}
      description="The customer can subscribe again at any time."
      confirmLabel="Cancel subscription"
      danger
      pending={cancel.isPending}
      onConfirm={() => cancel.mutate()}
    >
      <fieldset className="grid gap-2">
        <legend className="sr-only">When</legend>
        <Choice
          label={end ? `At the end of the period, ${formatDay(end)}` : 'At the end of the period'}
          hint="Access stays until then."
          checked={when === 'period_end'}
          onSelect={() => setWhen('period_end')}
        />
        <Choice
          label="Now"
          hint="Access ends at once. What was used and is not billed yet is on a last invoice."
          checked={when === 'now'}
          onSelect={() => setWhen('now')}
        />
      </fieldset>
      {when === 'now' && subscription.provider === 'stripe' ? (
        <Field label="What is paid and unused" className="mt-4">
          {(control) => (
            <Select
              {...control}
              value={refund}
              options={refunds}
              onValueChange={(value) =>
                setRefund(refunds.find((one) => one.value === value)?.value ?? 'none')
              }
            />
          )}
        </Field>
      ) : null}
      {cancel.isError ? (
        <Notice tone="danger" className="mt-3">
          {describeError(cancel.error).message}
        </Notice>
      ) : null}
    </ConfirmDialog>
  );
}

type ChoiceProps = { label: string; hint: string; checked: boolean; onSelect: () => void };

function Choice({ label, hint, checked, onSelect }: ChoiceProps) {
  return (
    <label className="flex cursor-pointer items-start gap-2.5 rounded-md border p-3 text-sm has-checked:border-accent-ink has-checked:bg-accent-subtle">
      <input type="radio" name="when" checked={checked} onChange={onSelect} className="mt-1 accent-accent" />
      <span className="grid">
        <span className="font-medium">{label}</span>
        <span className="text-muted">{hint}</span>
      </span>
    </label>
  );
}
