/** The mark: three bars of a usage chart. The word beside it is text. */
export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 text-lg font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden className="size-6">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M9 21.5V17M16 21.5v-11M23 21.5v-7"
          className="stroke-on-accent"
          strokeWidth="3.4"
          strokeLinecap="round"
        />
      </svg>
      BillingOS
    </span>
  );
}
