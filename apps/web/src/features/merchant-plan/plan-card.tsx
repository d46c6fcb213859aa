'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { ConfirmDialog } from '@billingos/ui/components/confirm-dialog';
import { Notice } from '@billingos/ui/components/notice';
import { Skeleton } from '@billingos/ui/components/skeleton';
import type { components } from '@billingos/sdk/openapi';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { merchantPlanQuery } from './queries.ts';

type HousePlan = components['schemas']['MerchantPlan']['plans'][number];
type PlanCardProps = { plan: HousePlan; isCurrent: boolean; isEnding: boolean };

/** One plan of BillingOS, and the way to it. */
export function PlanCard({ plan, isCurrent, isEnding }: PlanCardProps) {
  const { api, can, href } = useEnvironment();
  const queries = useQueryClient();
  const choose = useMutation({
    mutationFn: () =>
      unwrap(
        api.client.POST('/api/v1/merchant-plan/change', {
          body: { plan: plan.key, return_url: new URL(href('settings/plan'), location.href).href },
        }),
      ),
    onSuccess: async ({ checkout_url: url }) => {
      if (url !== null) {
        location.assign(url);
        return;
      }
      await queries.invalidateQueries({ queryKey: merchantPlanQuery(api).queryKey });
      setIsAsking(false);
      toast.success('Your plan was changed');
    },
  });
  const [isAsking, setIsAsking] = useState(false);
  const preview = useQuery({
    queryKey: [...merchantPlanQuery(api).queryKey, 'preview', plan.key],
    queryFn: () =>
      unwrap(api.client.POST('/api/v1/merchant-plan/preview-change', { body: { plan: plan.key } })),
    enabled: isAsking,
    // A price a minute old may not be what is charged.
    gcTime: 0,
  });
  const mayChoose = can('merchant_plan:write') && (!isCurrent || (isEnding && plan.price !== null));
  return (
    <li className="flex flex-col gap-4 rounded-lg border bg-surface p-5">
      <div className="flex items-center justify-between gap-3">
        <h2 className="font-semibold">{plan.name}</h2>
        {isCurrent ? <Badge tone="accent">Your plan</Badge> : null}
      </div>
      <p className="flex items-baseline gap-1.5">
        <span className="text-xl font-semibold tabular-nums">
          {plan.price === null ? '$0' : formatMoney(plan.price)}
        </span>
        <span className="text-sm text-muted">/ month</span>
      </p>
      <ul className="grid flex-1 content-start gap-1.5 text-sm">
        {heldBy(plan).map((line) => (
          <li key={line} className="flex gap-2">
            <Check aria-hidden className="mt-0.5 size-4 shrink-0 text-accent-ink" />
            {line}
          </li>
        ))}
      </ul>
      {mayChoose ? (
        <Button onClick={() => setIsAsking(true)}>
          {isCurrent ? `Keep ${plan.name}` : `Choose ${plan.name}`}
        </Button>
      ) : null}
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={isCurrent ? `Keep ${plan.name}?` : `Change to ${plan.name}?`}
        description="What it costs, and when it begins."
        confirmLabel={isCurrent ? `Keep ${plan.name}` : `Change to ${plan.name}`}
        pending={choose.isPending}
        onConfirm={() => choose.mutate()}
      >
        <div className="grid gap-3">
          {preview.isPending ? <Skeleton className="h-5" /> : null}
          {preview.isSuccess ? <Consequence preview={preview.data} /> : null}
          {preview.isError ? <Notice tone="danger">{describeError(preview.error).message}</Notice> : null}
          {choose.isError ? <Notice tone="danger">{describeError(choose.error).message}</Notice> : null}
        </div>
      </ConfirmDialog>
    </li>
  );
}

function Consequence({ preview }: { preview: components['schemas']['MerchantPlanPreview'] }) {
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
      <dt className="text-muted">Charged now</dt>
      <dd className="text-right tabular-nums">
        {preview.due_now === null ? 'Nothing' : formatMoney(preview.due_now)}
      </dd>
      <dt className="text-muted">Begins</dt>
      <dd className="text-right">
        <Day iso={preview.effective_at} />
      </dd>
    </dl>
  );
}

function heldBy(plan: HousePlan): string[] {
  return [
    plan.tracked_calls === null
      ? 'Any number of tracked calls'
      : `${formatNumber(plan.tracked_calls)} tracked calls a month`,
    plan.log_retention_days === null
      ? 'Request history without end'
      : `${plan.log_retention_days} days of request history`,
    ...(plan.email_alerts ? ['Alerts by e-mail and webhook'] : []),
    ...(plan.slack_alerts ? ['Alerts in Slack'] : []),
    ...(plan.priority_support ? ['Priority support'] : []),
  ];
}
