import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { EntitlementsService } from './entitlements.service.ts';
import { ExplainEntitlements } from './explain-entitlements.ts';
import { OverridesRepository } from './overrides.repository.ts';

/** By which people, and the next time, know it again. */
const reason = 'Used before the change of plan: granted once more until the period ends.';

/**
 * Sets back what a customer used of the running periods, as a change of plan may: so much more may be used until each of
 * them ends. Used is used: totals, what Stripe is told and what invoices charge stay as they are.
 */
@Injectable()
export class SetBackUsage {
  constructor(
    private readonly database: Database,
    private readonly overrides: OverridesRepository,
    private readonly explain: ExplainEntitlements,
    private readonly entitlements: EntitlementsService,
    private readonly features: FeaturesService,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** By the limits that hold now, once for each moment `at` from which a change counts. Throws `CustomerNotFound`. */
  setBack(environmentId: string, customerId: string, at: Date): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      await this.customers.lock(environmentId, customerId);
      const now = this.clock.now();
      const before = (await this.overrides.inForce(environmentId, customerId, now)).filter(
        (override) => override.reason === reason,
      );
      if (before.some(({ created_at: created }) => created.getTime() === at.getTime())) {
        return;
      }
      const { features } = await this.explain.ofCustomer(environmentId, customerId);
      for (const { feature: key, type, limit, used, resets_at: resetsAt, reason: refusal } of features) {
        if (
          type !== 'metered' ||
          limit === null ||
          used === null ||
          used === 0 ||
          resetsAt === null ||
          refusal === 'not_entitled'
        ) {
          continue;
        }
        for (const { id } of before.filter(({ feature }) => feature === key)) {
          await this.overrides.remove(environmentId, id, now);
        }
        const feature = await this.features.getFeature(environmentId, key);
        await this.overrides.insert(environmentId, {
          id: newId('entitlement_override'),
          customer_id: customerId,
          feature_id: feature.id,
          mode: 'add',
          granted: true,
          // Limits are whole; of a part of a unit the rest is given.
          limit: Math.ceil(used),
          overage: null,
          value: null,
          caps: null,
          reason,
          expires_at: new Date(resetsAt),
          created_at: at,
        });
        await this.audit.record(environmentId, {
          action: 'usage.set_back',
          target: { type: 'customer', id: customerId },
          after: { feature: key, used },
        });
      }
      await this.entitlements.changed(environmentId, customerId);
    });
  }
}
