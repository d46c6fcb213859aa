import type { Connection } from '../../stripe/connections.ts';
import type { causes, discrepancyKinds } from './reconciliation.schemas.ts';

/** Where we and Stripe say different things. */
export interface Found {
  kind: (typeof discrepancyKinds)[number];
  cause: (typeof causes)[number];
  object_id: string | null;
  stripe_object_id: string | null;
  before: object;
  after: object;
  /** Makes ours say what Stripe says. Says why not, when it could not. */
  repair(): Promise<string | null>;
}

export interface PhaseContext {
  environment_id: string;
  run_id: string;
  connection: Connection;
  /** When the last finished run began. Null: this is the first. */
  compared_since: Date | null;
}

/** A part of a run. Its steps may be repeated from any cursor: what was done finds nothing more to do. */
export interface Phase {
  readonly name: string;
  /** Compares a page from the cursor on. `next: null` is the end of the phase. */
  step(
    context: PhaseContext,
    cursor: string | null,
  ): Promise<{ checked: number; found: Found[]; next: string | null }>;
}

/** How many of ours are looked at at once. */
export const pageSize = 200;

const day = 24 * 60 * 60 * 1_000;
/** Of what Stripe lists by the time it was made, in case its clock and ours differ. */
const overlapMs = day;
const firstTimeMs = 90 * day;

/** From when on Stripe is asked for what it lists by time: the last run, or in the first one 90 days ago. */
export function sinceLastRun({ compared_since: since }: PhaseContext, now: Date): Date {
  return new Date(since === null ? now.getTime() - firstTimeMs : since.getTime() - overlapMs);
}
