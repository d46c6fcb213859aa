'use client';

import { Skeleton } from '@billingos/ui/components/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { Feature, Plan } from '../../api/types.ts';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { placePlanError } from './place-plan-error.ts';
import { draftCredits } from './plan-credits.ts';
import {
  draftFeatures,
  draftOf,
  draftPrices,
  draftSpendCap,
  draftTrial,
  type PlanDraft,
} from './plan-draft.ts';
import { PlanForm } from './plan-form.tsx';
import { planDraftQuery, planKeys, planQuery } from './queries.ts';

/** Writes the next version of a plan, beginning with its draft or else with what is sold now. */
export function EditPlanForm({ id }: { id: string }) {
  const { api } = useEnvironment();
  const plan = useQuery(planQuery(api, id));
  const draft = useQuery(planDraftQuery(api, id));
  const features = useQuery(featuresQuery(api));
  const loading = <Skeleton className="h-96" />;
  return (
    <QueryStates query={plan} loading={loading}>
      {(shown) => (
        <QueryStates query={draft} loading={loading}>
          {(next) => (
            <QueryStates query={features} loading={loading}>
              {({ data: catalog }) => (
                <DraftForm
                  plan={shown}
                  catalog={catalog}
                  begun={draftOf(
                    shown,
                    next ? { ...next, ...next.version } : { ...shown, ...shown.version },
                    catalog,
                  )}
                />
              )}
            </QueryStates>
          )}
        </QueryStates>
      )}
    </QueryStates>
  );
}

type DraftFormProps = { plan: Plan; catalog: readonly Feature[]; begun: PlanDraft };

function DraftForm({ plan, catalog, begun }: DraftFormProps) {
  const { api, href } = useEnvironment();
  const router = useRouter();
  const queries = useQueryClient();
  const form = useForm<PlanDraft>({ defaultValues: begun });
  const save = useMutation({
    mutationFn: (draft: PlanDraft) =>
      unwrap(
        api.client.PUT('/api/v1/plans/{id}/draft', {
          params: { path: { id: plan.id } },
          body: {
            prices: draftPrices(draft),
            features: draftFeatures(draft, catalog),
            trial: plan.type === 'base' ? draftTrial(draft) : null,
            credits: draftCredits(draft.credits),
            spend_cap: plan.type === 'base' ? draftSpendCap(draft) : null,
          },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: planKeys.all(api), refetchType: 'none' });
      toast.success('The draft is saved. Nothing is sold by it until it is published.');
      router.push(href(`plans/${plan.id}`));
    },
    onError: (error) => placePlanError(error, form),
  });
  return (
    <PlanForm
      form={form}
      title={`Next version of ${plan.name}`}
      description="Who is subscribed keeps what they bought, until you migrate them."
      type={plan.type}
      isNew={false}
      submitLabel="Save draft"
      cancelHref={href(`plans/${plan.id}`)}
      pending={save.isPending || save.isSuccess}
      onSubmit={(draft) => save.mutate(draft)}
    />
  );
}
