/** So many calls in any stretch of time of this length. */
export interface Limit {
  limit: number;
  window_ms: number;
}

export interface WindowState {
  /** Calls in the window that ends now, with this one if it was let through. */
  used: number;
  /** When the oldest of them leaves the window, in ms; now when there is none. */
  frees_at: number;
  /** When a call like this one may be made, in ms; now if it may be made now. */
  retry_at: number;
}

/** Calls that were made together, with the time of the last. */
export interface Entry {
  at: number;
  count: number;
}

/** Up to so many calls a window are remembered one by one; of more, those of the same 200th are one entry. */
export const entriesMax = 200;

/** How long calls are put together, in ms: 1 for a limit of 200, 5 for one of 1,000 in 1,000 ms. */
export function slotMs({ limit, window_ms: windowMs }: Limit): number {
  return limit <= entriesMax ? 1 : Math.max(1, Math.ceil(windowMs / entriesMax));
}

/**
 * What a window of calls, oldest first, says about a further one. Of a limit of 5 in 1,000 ms with calls at 0, 100, 200,
 * 300 and 400, one at 999 is refused until 1,000, and one at 1,000 is let through.
 */
export function windowState(
  entries: readonly Entry[],
  { limit, window_ms: windowMs }: Limit,
  cost: number,
  now: number,
) {
  const inside = entries.filter(({ at }) => at > now - windowMs);
  const used = inside.reduce((sum, { count }) => sum + count, 0);
  let excess = used + cost - limit;
  let retryAt = now;
  for (const { at, count } of inside) {
    if (excess <= 0) {
      break;
    }
    excess -= count;
    retryAt = at + windowMs;
  }
  // More at once than the limit will ever allow.
  if (excess > 0) {
    retryAt = now + windowMs;
  }
  const state: WindowState = {
    used,
    frees_at: (inside[0]?.at ?? now - windowMs) + windowMs,
    retry_at: retryAt,
  };
  return { inside, state, isAllowed: used + cost <= limit };
}

/** The window with one more call. The newest entry takes it in, if that is of the same slot. */
export function withCall(inside: readonly Entry[], limit: Limit, cost: number, now: number): Entry[] {
  const slot = slotMs(limit);
  const newest = inside.at(-1);
  // Clocks of several processes differ a little: a window never goes back.
  const at = Math.max(now, newest?.at ?? now);
  if (newest !== undefined && Math.floor(newest.at / slot) === Math.floor(at / slot)) {
    return [...inside.slice(0, -1), { at, count: newest.count + cost }];
  }
  return [...inside, { at, count: cost }];
}
