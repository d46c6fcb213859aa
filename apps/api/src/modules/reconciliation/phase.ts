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
