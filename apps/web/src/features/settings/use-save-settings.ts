import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { settingsKeys } from './queries.ts';

/** Saves one form of settings and says so; a refusal goes to the form. */
export function useSaveSettings<Values>(
  save: (values: Values) => Promise<unknown>,
  onError: (error: unknown) => void,
) {
  const { api } = useEnvironment();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: save,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: settingsKeys.all(api) });
      toast.success('Settings saved');
    },
    onError,
  });
}
