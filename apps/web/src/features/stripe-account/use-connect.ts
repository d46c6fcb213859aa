import { useMutation } from '@tanstack/react-query';
import { unwrap } from '../../api/client.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

type Wish = { account: 'former' | 'new'; abandon_subscriptions: boolean };

/** Starts connecting, or goes on with it, and sends the browser to Stripe's pages. */
export function useConnect() {
  const { api, href } = useEnvironment();
  return useMutation({
    mutationFn: (wish: Wish) =>
      unwrap(
        api.client.POST('/api/v1/stripe-account/connect', {
          body: { ...wish, return_url: `${window.location.origin}${href('settings/stripe')}?returned=true` },
        }),
      ),
    onSuccess: ({ url }) => window.location.assign(url),
  });
}
