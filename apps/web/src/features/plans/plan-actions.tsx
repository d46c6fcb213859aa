'use client';

import { Button } from '@billingos/ui/components/button';
import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Pencil } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import type { Plan } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { RenamePlanDialog } from './rename-plan-dialog.tsx';
import { usePlanAction } from './use-plan-action.ts';

/** What can be done with a plan: write its next version, stop selling it, sell it again. */
export function PlanActions({ plan }: { plan: Plan }) {
  const { api, href } = useEnvironment();
  const [archiving, setArchiving] = useState(false);
  const path = { params: { path: { id: plan.id } } };
  const archive = usePlanAction(
    `${plan.name} is not sold any more`,
    () => unwrap(api.client.POST('/api/v1/plans/{id}/archive', path)),
    () => setArchiving(false),
  );
  const unarchive = usePlanAction(`${plan.name} is sold again`, () =>
    unwrap(api.client.POST('/api/v1/plans/{id}/unarchive', path)),
  );
  return (
    <>
      {plan.archived_at ? (
        <Button pending={unarchive.isPending} onClick={() => unarchive.mutate()}>
          Sell again
        </Button>
      ) : (
        <Button onClick={() => setArchiving(true)}>Archive</Button>
      )}
      <RenamePlanDialog plan={plan} />
      <Button variant="primary" asChild>
        <Link href={href(`plans/${plan.id}/draft`)}>
          <Pencil aria-hidden />
          Edit prices
        </Link>
      </Button>
      <ConfirmDialog
        open={archiving}
        onOpenChange={setArchiving}
        title={`Archive ${plan.name}?`}
        description="Nobody can subscribe to it any more. Who is subscribed keeps it and goes on paying. It can be sold again at any time."
        confirmLabel="Archive"
        pending={archive.isPending}
        onConfirm={() => archive.mutate()}
      />
    </>
  );
}
