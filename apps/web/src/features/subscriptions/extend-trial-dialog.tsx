'use client';

import { Button } from '@billingos/ui/components/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Input } from '@billingos/ui/components/input';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import type { Subscription } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { useSubscriptionAction } from './use-subscription-action.ts';

type ExtendTrialDialogProps = {
  subscription: Subscription;
  open: boolean;
  onOpenChange: (open: boolean) => void;
};

export function ExtendTrialDialog({ subscription, open, onOpenChange }: ExtendTrialDialogProps) {
  const { api } = useEnvironment();
  const [day, setDay] = useState((subscription.trial_end ?? '').slice(0, 10));
  const extend = useSubscriptionAction(subscription, 'The trial ends on another day now', async () => {
    await unwrap(
      api.client.POST('/api/v1/subscriptions/{id}/extend-trial', {
        params: { path: { id: subscription.id } },
        body: { trial_end: `${day}T00:00:00Z` },
      }),
    );
    onOpenChange(false);
  });
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent title="Move the end of the trial" description="The first period is charged on that day.">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            extend.mutate();
          }}
        >
          <Field label="Ends on" hint="At midnight, UTC.">
            {(control) => (
              <Input
                {...control}
                type="date"
                required
                value={day}
                onChange={(event) => setDay(event.target.value)}
              />
            )}
          </Field>
          <DialogFooter>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" variant="primary" pending={extend.isPending}>
              Move
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
