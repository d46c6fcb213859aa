'use client';

import { Button } from '@billingos/ui/components/button';
import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { useState } from 'react';
import { describeError } from '../../api/errors.ts';
import type { StripeImport } from '../../api/types.ts';
import { useStartImport } from './use-start-import.ts';

/** Does what the rehearsal has shown. */
export function ImportNow({ groups }: Pick<StripeImport, 'groups'>) {
  const [asked, setAsked] = useState(false);
  const start = useStartImport();
  return (
    <>
      <Button variant="primary" onClick={() => setAsked(true)}>
        Import now
      </Button>
      <ConfirmDialog
        open={asked}
        onOpenChange={(next) => {
          start.reset();
          setAsked(next);
        }}
        title="Import from Stripe?"
        description="Plans, customers and subscriptions are made here as the rehearsal says, with what changed at Stripe since. Nothing changes at Stripe and nobody is charged."
        confirmLabel="Import now"
        pending={start.isPending}
        onConfirm={() => start.mutate({ dry_run: false, groups })}
      >
        {start.isError ? <Notice tone="danger">{describeError(start.error).message}</Notice> : null}
      </ConfirmDialog>
    </>
  );
}
