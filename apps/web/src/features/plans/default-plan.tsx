'use client';

import { Card } from '@billingos/ui/components/card';
import { Field } from '@billingos/ui/components/field';
import { Select } from '@billingos/ui/components/select';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Plan } from '../../api/types.ts';
import { customerKeys } from '../customers/queries.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { defaultPlanQuery, planKeys } from './queries.ts';

const none = 'none';

/** What customers without a subscription may do: the features of one plan, or nothing. */
export function DefaultPlan({ plans }: { plans: readonly Plan[] }) {
  const { api, can } = useEnvironment();
  const queries = useQueryClient();
  const { data } = useQuery(defaultPlanQuery(api));
  const choose = useMutation({
    mutationFn: (plan: string | null) => unwrap(api.client.PATCH('/api/v1/default-plan', { body: { plan } })),
    onSuccess: async (chosen) => {
      queries.setQueryData(defaultPlanQuery(api).queryKey, chosen);
      await Promise.all([
        queries.invalidateQueries({ queryKey: planKeys.all(api) }),
        queries.invalidateQueries({ queryKey: customerKeys.all(api) }),
      ]);
      toast.success(
        chosen.plan ? `Everybody starts with ${chosen.plan.name}` : 'There is no default plan any more',
      );
    },
    onError: (error) =>
      toast.error('The default plan was not changed', { description: describeError(error).message }),
  });
  if (!data) return null;
  return (
    <Card className="mt-4 max-w-xl p-4">
      <Field
        label="Default plan"
        hint="Its features belong to every customer who has no subscription. Usually the free plan."
      >
        {(control) => (
          <Select
            {...control}
            className="w-56"
            value={data.plan?.id ?? none}
            disabled={!can('catalog:write') || choose.isPending}
            options={[
              { value: none, label: 'None' },
              ...plans.map(({ id, name }) => ({ value: id, label: name })),
            ]}
            onValueChange={(value) => choose.mutate(value === none ? null : value)}
          />
        )}
      </Field>
    </Card>
  );
}
