/**
 * `T` with every optional field turned into one that must be written down, `undefined` when absent.
 *
 * A builder that returns `Listed<Stripe.Invoice>` does not compile while it misses a field of the pinned
 * API version. `Own` replaces fields that we store more precisely than Stripe's type says (a list of our
 * own line items where Stripe allows any).
 */
export type Listed<T, Own extends object = object> = {
  [K in keyof T as K extends keyof Own ? never : K]-?: object extends Pick<T, K> ? T[K] | undefined : T[K];
} & Own;

/** The id of an expandable field: `sub.customer` is a string here, but Stripe's types allow the object. */
export function idOf(reference: string | { id: string }): string {
  return typeof reference === 'string' ? reference : reference.id;
}

/** As `idOf`, for a field that may be null. */
export function idOrNull(reference: string | { id: string } | null | undefined): string | null {
  return reference === null || reference === undefined ? null : idOf(reference);
}
