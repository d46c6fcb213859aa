'use client';

import { Button } from '@billingos/ui/components/button';
import { DialogClose, DialogFooter } from '@billingos/ui/components/dialog';
import { Notice } from '@billingos/ui/components/notice';
import type { ReactNode } from 'react';
import type { FieldValues, UseFormReturn } from 'react-hook-form';

type DialogFormProps<Values extends FieldValues> = {
  form: UseFormReturn<Values>;
  /** What the form is for: the mutation that takes its values. */
  action: { mutate: (values: Values) => void };
  pending: boolean;
  /** What the button says. */
  submit: string;
  /** The fields. */
  children: ReactNode;
};

/** A form within a dialog: what was refused as a whole above the fields, Cancel and the action beneath. */
export function DialogForm<Values extends FieldValues>({
  form,
  action,
  pending,
  submit,
  children,
}: DialogFormProps<Values>) {
  const { root } = form.formState.errors;
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        // A dialog may be opened inside another form; React would bubble this submit into it.
        event.stopPropagation();
        void form.handleSubmit((values) => action.mutate(values))(event);
      }}
    >
      {root ? <Notice tone="danger">{root.message}</Notice> : null}
      {children}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button type="submit" variant="primary" pending={pending}>
          {submit}
        </Button>
      </DialogFooter>
    </form>
  );
}
