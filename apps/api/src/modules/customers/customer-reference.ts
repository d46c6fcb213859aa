import { isId } from '../../platform/ids.ts';

/** Which customer is meant: ours, by id, or the merchant's, by external id. */
export type CustomerReference = { id: string } | { external_id: string };

const explicit = 'external:';

/**
 * Reads a reference as callers write it: `cus_0199…` is our id, everything else the merchant's own; `external:…` says
 * so for an own id that could be mistaken. A Stripe customer id such as `cus_NffrFeUfNV2Hib` is somebody's own id.
 */
export function parseCustomerReference(reference: string): CustomerReference {
  if (reference.startsWith(explicit)) {
    return { external_id: plainReference(reference) };
  }
  return isId('customer', reference) ? { id: reference } : { external_id: reference };
}

/** The reference without its `external:`, as `app.*` functions take it. */
export function plainReference(reference: string): string {
  return reference.startsWith(explicit) ? reference.slice(explicit.length).trim() : reference;
}
