import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { FeaturesService } from '../catalog/features.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { EntitlementsService } from './entitlements.service.ts';
import { ExpiryNotAhead, OverrideNotFound } from './entitlements.errors.ts';
import { overrideTerms } from './override.ts';
import type { entitlementOverride, OverrideWish } from './override.schemas.ts';
import { OverridesRepository } from './overrides.repository.ts';

type Override = z.input<typeof entitlementOverride>;

/** What a merchant grants or denies one customer by hand. */
@Injectable()
export class OverridesService {
  constructor(
    private readonly database: Database,
    private readonly overrides: OverridesRepository,
    private readonly customers: CustomersService,
    private readonly features: FeaturesService,
    private readonly entitlements: EntitlementsService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Those in force, the oldest first. Throws `CustomerNotFound`. */
  list(environmentId: string, reference: string): Promise<Override[]> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      return this.overrides.inForce(environmentId, id, this.clock.now());
    });
  }

  /**
   * Answered by the next check. One that replaces takes the place of the one before. Throws `CustomerNotFound`,
   * `FeatureNotFound`, `GrantDoesNotFitFeature`, `ExpiryNotAhead`.
   */
  create(environmentId: string, reference: string, wish: OverrideWish): Promise<Override> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.lock(environmentId, reference);
      const feature = await this.features.getFeature(environmentId, wish.feature, 'feature');
      const now = this.clock.now();
      if (wish.expires_at !== undefined && wish.expires_at <= now) {
        throw new ExpiryNotAhead();
      }
      const terms = overrideTerms(wish, feature);
      const replaced =
        wish.mode === 'replace'
          ? await this.overrides.removeReplacing(environmentId, customer.id, feature.id, now)
          : [];
      const id = newId('entitlement_override');
      await this.overrides.insert(environmentId, {
        id,
        customer_id: customer.id,
        feature_id: feature.id,
        mode: wish.mode,
        granted: wish.granted,
        ...terms,
        reason: wish.reason,
        expires_at: wish.expires_at ?? null,
        created_at: now,
      });
      await this.audit.record(environmentId, {
        action: 'entitlement_override.created',
        target: { type: 'customer', id: customer.id },
        ...(replaced.length === 0 ? {} : { before: { replaced: replaced.map((before) => before.id) } }),
        after: { id, ...wish },
      });
      await this.entitlements.changed(environmentId, customer.id);
      return this.get(environmentId, customer.id, id);
    });
  }

  /** From now on plans alone decide. Throws `CustomerNotFound`, `OverrideNotFound`. */
  remove(environmentId: string, reference: string, id: string): Promise<Override> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.lock(environmentId, reference);
      const found = await this.get(environmentId, customer.id, id);
      await this.overrides.remove(environmentId, id, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'entitlement_override.removed',
        target: { type: 'customer', id: customer.id },
        before: { id, feature: found.feature, mode: found.mode, granted: found.granted, limit: found.limit },
      });
      await this.entitlements.changed(environmentId, customer.id);
      return found;
    });
  }

  private async get(environmentId: string, customerId: string, id: string): Promise<Override> {
    const found = await this.overrides.find(environmentId, customerId, id);
    if (found === undefined) {
      throw new OverrideNotFound(id);
    }
    return found;
  }
}
