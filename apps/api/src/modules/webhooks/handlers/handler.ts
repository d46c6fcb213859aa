/** What a handler is told: which kind of thing changed, and its ids. How it is now, it asks Stripe. */
export interface ReceivedEvent {
  environment_id: string;
  /** The account it came from: the one the environment uses. */
  stripe_account_id: string;
  type: string;
  object: {
    id: string | null;
    type: string;
    customer: string | null;
    payment_intent: string | null;
    invoice: string | null;
  };
}

/** Handles the events of some types. Any order and any repetition must end in the same state. */
export interface EventHandler {
  readonly types: readonly string[];
  handle(event: ReceivedEvent): Promise<void>;
}
