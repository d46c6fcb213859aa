'use client';

import { createContext, useContext, useMemo, type ReactNode } from 'react';
import { apiClient, type EnvironmentApi } from '../../api/client.ts';
import type { Environment, Me, Merchant } from '../../api/types.ts';

type Scope = `${
  | 'catalog'
  | 'customers'
  | 'subscriptions'
  | 'checkout'
  | 'invoices'
  | 'refunds'
  | 'settings'
  | 'alerts'
  | 'api_keys'
  | 'consumer_keys'
  | 'stripe_account'
  | 'operations'
  | 'merchant_plan'}:write`;

type EnvironmentContext = {
  me: Me;
  merchant: Merchant;
  environment: Environment;
  api: EnvironmentApi;
  /** The address of a page of this environment: href('customers'). */
  href: (path?: string) => string;
  /** Whether the signed-in member may do this. It only hides buttons; the API decides. */
  can: (scope: Scope) => boolean;
};

const Context = createContext<EnvironmentContext | null>(null);

type EnvironmentProviderProps = { me: Me; merchant: Merchant; environment: Environment; children: ReactNode };

/** Makes the environment of the address known to everything below it. */
export function EnvironmentProvider({ me, merchant, environment, children }: EnvironmentProviderProps) {
  const value = useMemo(() => {
    const base = `/dashboard/${merchant.slug}/${environment.slug}`;
    return {
      me,
      merchant,
      environment,
      api: {
        environment_id: environment.id,
        client: apiClient({
          base_url: '/api/billing',
          timeout_ms: 30_000,
          headers: { 'x-billingos-environment': environment.id },
        }),
      },
      href: (path?: string) => (path ? `${base}/${path}` : base),
      can: (scope: Scope) => merchant.scopes.includes(scope),
    };
  }, [me, merchant, environment]);
  return <Context value={value}>{children}</Context>;
}

export function useEnvironment(): EnvironmentContext {
  const context = useContext(Context);
  if (!context) throw new Error('useEnvironment outside an EnvironmentProvider');
  return context;
}
