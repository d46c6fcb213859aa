'use client';

import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Notice } from '@billingos/ui/components/notice';
import { PageHeader } from '@billingos/ui/components/page-header';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { FormProvider, type UseFormReturn } from 'react-hook-form';
import { QueryStates } from '../../api/query-states.tsx';
import { featuresQuery } from '../features/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import type { PlanDraft } from './plan-draft.ts';
import { PlanCreditFields } from './plan-credit-fields.tsx';
import { PlanFeatureFields } from './plan-feature-fields.tsx';
import { PlanIdentityFields } from './plan-identity-fields.tsx';
import { PlanPreview } from './plan-preview.tsx';
import { PlanPriceFields } from './plan-price-fields.tsx';
import { PlanSpendCapFields } from './plan-spend-cap-fields.tsx';
import { PlanTrialFields } from './plan-trial-fields.tsx';

type PlanFormProps = {
  form: UseFormReturn<PlanDraft>;
  title: string;
  description?: string;
  type: 'base' | 'add_on';
  /** A plan that exists keeps its name and key; only its next version is written. */
  isNew: boolean;
  submitLabel: string;
  cancelHref: string;
  pending: boolean;
  onSubmit: (draft: PlanDraft) => void;
};

/** What a plan or add-on costs and unlocks, with a preview beside it. */
export function PlanForm({ form, type, isNew, pending, ...props }: PlanFormProps) {
  const { api } = useEnvironment();
  const features = useQuery(featuresQuery(api));
  const catalog = features.data?.data ?? [];
  const { errors } = form.formState;
  return (
    <FormProvider {...form}>
      <form noValidate onSubmit={(event) => void form.handleSubmit(props.onSubmit)(event)}>
        <PageHeader
          title={props.title}
          description={props.description}
          actions={
            <>
              <Button asChild>
                <Link href={props.cancelHref}>Cancel</Link>
              </Button>
              <Button type="submit" variant="primary" disabled={!features.data} pending={pending}>
                {props.submitLabel}
              </Button>
            </>
          }
        />
        <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
          <div className="grid min-w-0 content-start gap-4">
            {errors.root ? <Notice tone="danger">{errors.root.message}</Notice> : null}
            {isNew ? (
              <Card>
                <CardHeader title={type === 'base' ? 'Plan' : 'Add-on'} />
                <CardBody className="grid gap-4 sm:grid-cols-2">
                  <PlanIdentityFields />
                </CardBody>
              </Card>
            ) : null}
            <PlanPriceFields catalog={catalog} />
            <QueryStates query={features} loading={<Skeleton className="h-40" />}>
              {({ data }) => <PlanFeatureFields catalog={data} />}
            </QueryStates>
            <PlanCreditFields />
            {type === 'base' ? (
              <>
                <PlanSpendCapFields />
                <PlanTrialFields />
              </>
            ) : null}
          </div>
          <PlanPreview catalog={catalog} />
        </div>
      </form>
    </FormProvider>
  );
}
