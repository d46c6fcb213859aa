import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { Taxation } from '../../stripe/stripe.subscriptions.ts';
import { AuditService } from '../audit/audit.service.ts';
import { SubscriptionTermsRepository } from './subscription-terms.repository.ts';
import type { subscriptionSettings, updateSubscriptionSettings } from './subscriptions.schemas.ts';

/** How an environment sells. */
@Injectable()
export class SubscriptionSettings {
  constructor(
    private readonly database: Database,
    private readonly terms: SubscriptionTermsRepository,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  get(environmentId: string): Promise<z.output<typeof subscriptionSettings>> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.terms.settings(environmentId);
      return (
        row ?? {
          automatic_tax: false,
          tax_rates: [],
          reset_usage_on_upgrade: false,
          reset_usage_after_trial: false,
        }
      );
    });
  }

  update(environmentId: string, change: z.output<typeof updateSubscriptionSettings>) {
    return this.database.tenant(environmentId, async () => {
      const before = await this.get(environmentId);
      const after = {
        automatic_tax: change.automatic_tax ?? before.automatic_tax,
        tax_rates: change.tax_rates ?? before.tax_rates,
        reset_usage_on_upgrade: change.reset_usage_on_upgrade ?? before.reset_usage_on_upgrade,
        reset_usage_after_trial: change.reset_usage_after_trial ?? before.reset_usage_after_trial,
      };
      await this.terms.saveSettings(environmentId, { ...after, updated_at: this.clock.now() });
      await this.audit.record(environmentId, {
        action: 'subscription_settings.updated',
        target: { type: 'environment', id: environmentId },
        before,
        after,
      });
      return after;
    });
  }

  /** What Stripe is told about tax when something is sold. */
  async taxation(environmentId: string): Promise<Taxation> {
    const { automatic_tax: automatic, tax_rates: rates } = await this.get(environmentId);
    return { automatic, tax_rates: rates };
  }
}
