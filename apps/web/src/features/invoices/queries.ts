import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { unwrap, type EnvironmentApi } from '../../api/client.ts';
import type { InvoiceStatus } from '../../api/types.ts';

export type InvoiceFilters = { status: InvoiceStatus | undefined; cursor: string | undefined };

export const invoiceKeys = {
  all: (api: EnvironmentApi) => [api.environment_id, 'invoices'] as const,
};

/** One page of invoices, newest first. */
export function invoicesQuery(api: EnvironmentApi, filters: InvoiceFilters) {
  return queryOptions({
    queryKey: [...invoiceKeys.all(api), 'list', filters],
    queryFn: ({ signal }) => loadInvoices(api, { ...filters, limit: 25, signal }),
    placeholderData: keepPreviousData,
  });
}

type Load = InvoiceFilters & { limit: number; signal?: AbortSignal };

export function loadInvoices(api: EnvironmentApi, { status, cursor, limit, signal }: Load) {
  const query = { limit, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
  return unwrap(api.client.GET('/api/v1/invoices', { params: { query }, ...(signal ? { signal } : {}) }));
}

export function invoiceQuery(api: EnvironmentApi, id: string) {
  return queryOptions({
    queryKey: [...invoiceKeys.all(api), 'one', id],
    queryFn: ({ signal }) =>
      unwrap(api.client.GET('/api/v1/invoices/{id}', { params: { path: { id } }, signal })),
  });
}

/** The latest invoices of one customer. */
export function invoicesOfQuery(api: EnvironmentApi, customer: string) {
  return queryOptions({
    queryKey: [...invoiceKeys.all(api), 'of', customer],
    queryFn: async ({ signal }) => {
      const query = { customer, limit: 10 };
      const { data } = await unwrap(api.client.GET('/api/v1/invoices', { params: { query }, signal }));
      return data;
    },
  });
}

/** The credit that a customer has for the next invoices. */
export function balanceQuery(api: EnvironmentApi, customer: string) {
  return queryOptions({
    queryKey: [...invoiceKeys.all(api), 'balance', customer],
    queryFn: ({ signal }) =>
      unwrap(
        api.client.GET('/api/v1/customers/{id}/balance', { params: { path: { id: customer } }, signal }),
      ),
  });
}
