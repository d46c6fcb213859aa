/** A customer's use of a meter in a period. */
export interface UsedPeriod {
  customer_id: string;
  meter_id: string;
  start: Date;
  end: Date;
}

/** What was used in a period, exact decimals. */
export interface UsedInPeriod {
  total: string;
  /** Of the total, what occurred before the period and was reported after its own was closed. */
  late: { on_time: string; quantity: string; first_at: Date; last_at: Date } | null;
}
