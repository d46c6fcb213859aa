import { Injectable } from '@nestjs/common';

/** What a merchant may have of BillingOS. Null is everything, as on an instance of one's own. */
export interface Limits {
  /** On which channels alerts are told beside the dashboard. */
  may_alert_by: readonly string[] | null;
  /** How long single logged calls may be kept. */
  log_retention_days: number | null;
}

const unlimited: Limits = { may_alert_by: null, log_retention_days: null };

/**
 * What merchants may have is decided by a module above those that ask (merchant-billing): it says here how to find out.
 * Without it, nothing is limited.
 */
@Injectable()
export class MerchantLimits {
  private source: (environmentId: string) => Promise<Limits> = () => Promise.resolve(unlimited);

  /** The limits of the merchant that an environment belongs to. */
  of(environmentId: string): Promise<Limits> {
    return this.source(environmentId);
  }

  decideBy(source: (environmentId: string) => Promise<Limits>): void {
    this.source = source;
  }
}
