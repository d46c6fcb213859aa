'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { FormProvider, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { placeError } from '../../api/place-error.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { NewPlan } from '../../api/types.ts';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { emptyPlan, draftFeatures, draftPrices, type PlanDraft } from './plan-draft.ts';
import { PlanFeatureFields } from './plan-feature-fields.tsx';
import { PlanIdentityFields } from './plan-identity-fields.tsx';
import { PlanPreview } from './plan-preview.tsx';
import { PlanPriceFields } from './plan-price-fields.tsx';
import { planKeys } from './queries.ts';

export function CreatePlanForm() {
  const { api, href } = useEnvironment();
  const router = useRouter();
  const queries = useQueryClient();
  const features = useQuery(featuresQuery(api));
  const form = useForm<PlanDraft>({ defaultValues: emptyPlan });
  const create = useMutation({
    mutationFn: (body: NewPlan) => unwrap(api.client.POST('/api/v1/plans', { body })),
    onSuccess: async (plan) => {
      await queries.invalidateQueries({ queryKey: planKeys.all(api), refetchType: 'none' });
      toast.success(`${plan.name} is published`);
      router.push(href('plans'));
    },
    onError: (error) =>
      placeError(error, form, ['name', 'key', 'description', 'currency', 'prices.0.amount']),
  });
  const submit = form.handleSubmit((draft) => {
    const { name, key, description } = draft;
    create.mutate({
      name: name.trim(),
      key: key.trim(),
      ...(description.trim() ? { description: description.trim() } : {}),
      prices: draftPrices(draft),
      features: draftFeatures(draft, features.data?.data ?? []),
    });
  });
  const { errors } = form.formState;
  return (
    <FormProvider {...form}>
      <form noValidate onSubmit={(event) => void submit(event)}>
        <PageHeader
          title="New plan"
          actions={
            <>
              <Button asChild>
                <Link href={href('plans')}>Cancel</Link>
              </Button>
              <Button type="submit" variant="primary" pending={create.isPending || create.isSuccess}>
                Publish plan
              </Button>
            </>
          }
        />
        <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
          <div className="grid min-w-0 content-start gap-4">
            {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
            <Card>
              <CardHeader title="Plan" />
              <CardBody className="grid gap-4 sm:grid-cols-2">
                <PlanIdentityFields />
              </CardBody>
            </Card>
            <PlanPriceFields />
            <QueryStates query={features} loading={<Skeleton className="h-40" />}>
              {({ data }) => <PlanFeatureFields catalog={data} />}
            </QueryStates>
          </div>
          <PlanPreview catalog={features.data?.data ?? []} />
        </div>
      </form>
    </FormProvider>
  );
}
