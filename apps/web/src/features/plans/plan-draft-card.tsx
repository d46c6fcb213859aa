'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import type { Plan } from '../../api/types.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { grantLines, offersOf, offerWords } from './plan-terms.ts';
import { affectedQuery, planDraftQuery } from './queries.ts';
import { usePlanAction } from './use-plan-action.ts';
import { VersionDifference } from './version-difference.tsx';

/** The next version, while it is a draft: what will be sold, and the way to sell it. */
export function PlanDraftCard({ plan }: { plan: Plan }) {
  const { api, can } = useEnvironment();
  const { data: draft } = useQuery(planDraftQuery(api, plan.id));
  const [publishing, setPublishing] = useState(false);
  const [discarding, setDiscarding] = useState(false);
  const path = { params: { path: { id: plan.id } } };
  const publish = usePlanAction(
    'Published: this is what is sold from now on',
    () => unwrap(api.client.POST('/api/v1/plans/{id}/publish', path)),
    () => setPublishing(false),
  );
  const discard = usePlanAction(
    'The draft is gone',
    () => unwrap(api.client.DELETE('/api/v1/plans/{id}/draft', path)),
    () => setDiscarding(false),
  );
  const affected = useQuery({ ...affectedQuery(api, plan.id), enabled: publishing });
  const staying = affected.data?.versions.reduce((sum, { running }) => sum + running, 0) ?? 0;
  if (!draft) return null;
  const sold = { ...plan, spend_cap: plan.version.spend_cap };
  const next = { ...draft, spend_cap: draft.version.spend_cap };
  return (
    <Card>
      <CardHeader
        title={`Draft of version ${draft.version.number}`}
        description="Not sold yet."
        action={
          can('catalog:write') ? (
            <div className="flex flex-wrap gap-2">
              <Button size="sm" onClick={() => setDiscarding(true)}>
                Discard
              </Button>
              <Button size="sm" variant="primary" onClick={() => setPublishing(true)}>
                Publish
              </Button>
            </div>
          ) : null
        }
      />
      <CardBody className="grid gap-2 text-sm">
        {draft.warnings.map((warning) => (
          <Notice key={warning} tone="warning">
            {warning}
          </Notice>
        ))}
        <ul className="grid gap-1">
          {offersOf(draft.prices).map((offer) => (
            <li key={offer[0]?.id} className="font-medium">
              {offerWords(offer, draft.features)}
            </li>
          ))}
          {draft.prices.length === 0 ? <li className="font-medium">Free</li> : null}
          {grantLines(next).map((line) => (
            <li key={line} className="text-muted">
              {line}
            </li>
          ))}
        </ul>
        <div className="grid gap-1.5 border-t pt-3">
          <h3 className="text-xs font-medium text-muted">Against what is sold now</h3>
          <VersionDifference before={sold} after={next} />
        </div>
      </CardBody>
      <ConfirmDialog
        open={publishing}
        onOpenChange={setPublishing}
        title={`Publish version ${draft.version.number} of ${plan.name}?`}
        description="It is what new customers buy from then on, and it never changes again."
        confirmLabel="Publish"
        pending={publish.isPending}
        onConfirm={() => publish.mutate()}
      >
        {staying > 0 ? (
          <Notice>
            {staying === 1 ? '1 subscriber keeps' : `${formatNumber(staying)} subscribers keep`} what they
            bought until you migrate them.
          </Notice>
        ) : null}
      </ConfirmDialog>
      <ConfirmDialog
        open={discarding}
        onOpenChange={setDiscarding}
        title={`Discard the draft of version ${draft.version.number}?`}
        description="What it would have sold is lost. What is sold now stays as it is."
        confirmLabel="Discard draft"
        danger
        pending={discard.isPending}
        onConfirm={() => discard.mutate()}
      />
    </Card>
  );
}
