import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { unwrap } from '../../api/client.ts';
import type { StripeImport } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { stripeImportKeys } from './queries.ts';

type Wish = Pick<StripeImport, 'dry_run' | 'groups'>;

/** Begins an import or its rehearsal, and opens its report. */
export function useStartImport() {
  const { api, href } = useEnvironment();
  const queries = useQueryClient();
  const router = useRouter();
  return useMutation({
    mutationFn: (wish: Wish) => unwrap(api.client.POST('/api/v1/stripe-imports', { body: wish })),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: stripeImportKeys.all(api) });
      router.push(href(`settings/stripe-import/${id}`));
    },
  });
}
