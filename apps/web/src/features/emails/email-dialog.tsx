'use client';

import { Dialog, DialogContent } from '@billingos/ui/components/dialog';
import { Notice } from '@billingos/ui/components/notice';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { QueryStates } from '../../api/query-states.tsx';
import { formatMoment } from '../../formatting/dates.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { emailQuery } from './queries.ts';

/** One mail as the customer reads it, in its plain text. */
export function EmailDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { api } = useEnvironment();
  const email = useQuery(emailQuery(api, id));
  const { data } = email;
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent
        title={data?.subject ?? 'E-mail'}
        description={data ? `To ${data.to}, ${formatMoment(data.sent_at ?? data.created_at)}` : undefined}
      >
        <QueryStates query={email} loading={<Skeleton className="h-40" />}>
          {({ body, error }) => (
            <div className="grid gap-3">
              {error ? <Notice tone="danger">{error}</Notice> : null}
              {body ? (
                <pre className="max-h-96 overflow-y-auto rounded-md border bg-subtle px-3 py-2.5 font-sans text-sm break-words whitespace-pre-wrap">
                  {body.text}
                </pre>
              ) : (
                <p className="text-sm text-muted">Its text is not kept any more.</p>
              )}
            </div>
          )}
        </QueryStates>
      </DialogContent>
    </Dialog>
  );
}
