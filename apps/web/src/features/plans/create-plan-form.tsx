'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { placePlanError } from './place-plan-error.ts';
import { draftCredits } from './plan-credits.ts';
import {
  draftFeatures,
  draftPrices,
  draftSpendCap,
  draftTrial,
  emptyPlan,
  type PlanDraft,
} from './plan-draft.ts';
import { PlanForm } from './plan-form.tsx';
import { planKeys } from './queries.ts';

export function CreatePlanForm({ type = 'base' }: { type?: 'base' | 'add_on' }) {
  const { api, href } = useEnvironment();
  const router = useRouter();
  const queries = useQueryClient();
  const features = useQuery(featuresQuery(api));
  const form = useForm<PlanDraft>({ defaultValues: emptyPlan });
  const list = type === 'base' ? href('plans') : href('plans?show=add-ons');
  const create = useMutation({
    mutationFn: (draft: PlanDraft) => {
      const { name, key, description } = draft;
      const body = {
        name: name.trim(),
        key: key.trim(),
        ...(description.trim() ? { description: description.trim() } : {}),
        prices: draftPrices(draft),
        features: draftFeatures(draft, features.data?.data ?? []),
        credits: draftCredits(draft.credits),
      };
      return type === 'base'
        ? unwrap(
            api.client.POST('/api/v1/plans', {
              body: { ...body, trial: draftTrial(draft), spend_cap: draftSpendCap(draft) },
            }),
          )
        : unwrap(api.client.POST('/api/v1/add-ons', { body }));
    },
    onSuccess: async (plan) => {
      await queries.invalidateQueries({ queryKey: planKeys.all(api), refetchType: 'none' });
      toast.success(`${plan.name} is published`);
      for (const warning of plan.warnings) toast.warning(warning);
      router.push(list);
    },
    onError: (error) => placePlanError(error, form),
  });
  return (
    <PlanForm
      form={form}
      title={type === 'base' ? 'New plan' : 'New add-on'}
      type={type}
      isNew
      submitLabel={type === 'base' ? 'Publish plan' : 'Publish add-on'}
      cancelHref={list}
      pending={create.isPending || create.isSuccess}
      onSubmit={(draft) => create.mutate(draft)}
    />
  );
}
