'use client';

import { Dialog, DialogContent } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input, Textarea } from '@billingos/ui/components/input';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import type { Dispute } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { DialogForm } from '../../forms/dialog-form.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { disputeKeys } from './queries.ts';

type EvidenceDialogProps = { dispute: Dispute; onClose: () => void };

/** Tells the bank why the payment was right. It can be told once. */
export function EvidenceDialog({ dispute, onClose }: EvidenceDialogProps) {
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={`Answer the dispute of ${formatMoney(dispute.amount)}`}
        description="The bank reads it once and decides. It cannot be changed afterwards."
      >
        <EvidenceForm dispute={dispute} onSent={onClose} />
      </DialogContent>
    </Dialog>
  );
}

type Values = { text: string; product_description: string };

function EvidenceForm({ dispute, onSent }: { dispute: Dispute; onSent: () => void }) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  const form = useForm<Values>({ defaultValues: { text: '', product_description: '' } });
  const send = useMutation({
    mutationFn: ({ text, product_description }: Values) =>
      unwrap(
        api.client.POST('/api/v1/disputes/{id}/evidence', {
          params: { path: { id: dispute.id } },
          body: {
            text: text.trim(),
            ...(product_description.trim() ? { product_description: product_description.trim() } : {}),
          },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: disputeKeys.all(api) });
      toast.success('The bank has your answer');
      onSent();
    },
    onError: (error) => placeError(error, form, ['text', 'product_description']),
  });
  const { errors } = form.formState;
  return (
    <DialogForm form={form} action={send} pending={send.isPending} submit="Send to the bank">
      <Field
        label="Why the payment was right"
        hint="When they signed up, what they used since, what you wrote to each other."
        error={errors.text?.message}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={7}
            {...form.register('text', { required: 'Write what speaks for you.' })}
          />
        )}
      </Field>
      <Field label="What was sold" optional error={errors.product_description?.message}>
        {(control) => <Input {...control} autoComplete="off" {...form.register('product_description')} />}
      </Field>
    </DialogForm>
  );
}
