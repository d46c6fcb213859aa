'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@billingos/ui/components/dialog';
import { Notice } from '@billingos/ui/components/notice';
import { useId, useState } from 'react';
import { describeError } from '../../api/errors.ts';
import { useConnect } from './use-connect.ts';

type ConnectNewDialogProps = { open: boolean; onClose: () => void };

/** Connects another account than the one that was left. What ran there cannot follow. */
export function ConnectNewDialog({ open, onClose }: ConnectNewDialogProps) {
  return (
    <Dialog open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <DialogContent
        title="Connect another Stripe account"
        description="Plans, prices and customers are made anew there. Subscriptions cannot follow: only the former account can charge them."
      >
        <ConnectNewForm />
      </DialogContent>
    </Dialog>
  );
}

function ConnectNewForm() {
  const [abandons, setAbandons] = useState(false);
  const connect = useConnect();
  const id = useId();
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        connect.mutate({ account: 'new', abandon_subscriptions: abandons });
      }}
    >
      {connect.isError ? <Notice tone="danger">{describeError(connect.error).message}</Notice> : null}
      <div className="flex items-start gap-2.5 text-sm">
        <input
          id={id}
          type="checkbox"
          className="mt-0.5 size-4 shrink-0 accent-accent"
          aria-describedby={`${id}-warning`}
          checked={abandons}
          onChange={(event) => setAbandons(event.target.checked)}
        />
        <label htmlFor={id} className="font-medium">
          End here what runs on the former account
        </label>
      </div>
      <div id={`${id}-warning`}>
        <Notice tone="warning">
          Every running subscription ends here and its customer loses access. At Stripe it goes on and charges
          the customer until you cancel it there. This cannot be undone. Without it, another account is
          refused as long as a subscription runs.
        </Notice>
      </div>
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button
          type="submit"
          variant={abandons ? 'danger' : 'primary'}
          pending={connect.isPending || connect.isSuccess}
        >
          {abandons ? 'End subscriptions and connect' : 'Connect another account'}
        </Button>
      </DialogFooter>
    </form>
  );
}
