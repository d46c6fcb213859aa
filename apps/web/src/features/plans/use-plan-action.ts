import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { describeError } from '../../api/errors.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { planKeys } from './queries.ts';

/** Something done to a plan: says so, or says why not, and lets everything that shows plans be read again. */
export function usePlanAction(done: string, act: () => Promise<unknown>, onDone?: () => void) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: planKeys.all(api) });
      toast.success(done);
      onDone?.();
    },
    onError: (error) => toast.error(describeError(error).message),
  });
}
