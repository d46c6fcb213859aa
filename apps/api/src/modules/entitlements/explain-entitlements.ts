import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { PlansService } from '../catalog/plans.service.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { plainReference } from '../customers/customer-reference.ts';
import { describeEntitlements } from './customer-entitlements.ts';
import { EntitlementsRepository } from './entitlements.repository.ts';
import type { customerEntitlements } from './entitlements.schemas.ts';
import { OverridesRepository } from './overrides.repository.ts';

type Entitlements = z.input<typeof customerEntitlements>;
type Entitlement = Entitlements['features'][number];
type Source = NonNullable<Entitlement['sources']>[number];
/** A source of which feature. */
type Found = { feature: string; source: Source };

const noSource = {
  plan: null,
  subscription: null,
  override: null,
  mode: null,
  granted: true,
  quantity: 1,
  expires_at: null,
};

/** Says all that a customer may do, what is used of it, and where each of it comes from. For people to look at. */
@Injectable()
export class ExplainEntitlements {
  constructor(
    private readonly database: Database,
    private readonly entitlements: EntitlementsRepository,
    private readonly overrides: OverridesRepository,
    private readonly plans: PlansService,
    private readonly clock: Clock,
  ) {}

  /** Throws `CustomerNotFound`. */
  ofCustomer(environmentId: string, reference: string): Promise<Entitlements> {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const snapshot = await this.entitlements.snapshot(environmentId, plainReference(reference), now);
      const { customer_id: id } = snapshot;
      if (id === null) {
        throw new CustomerNotFound(reference, 'id');
      }
      const described = describeEntitlements(
        { ...snapshot, customer_id: id },
        await this.entitlements.meterKeys(environmentId),
      );
      const sold = await this.sold(environmentId, id, snapshot.default_version ?? null);
      const { byHand, denied } = await this.byHand(environmentId, id, now);
      const sourcesOf = (key: string): Source[] =>
        [...sold, ...byHand].filter(({ feature }) => feature === key).map(({ source }) => source);
      return {
        ...described,
        features: [...described.features, ...denied]
          .map((feature) => ({ ...feature, sources: sourcesOf(feature.feature) }))
          .sort((a, b) => a.feature.localeCompare(b.feature)),
      };
    });
  }

  /** What plans and add-ons grant, or the default plan. */
  private async sold(
    environmentId: string,
    customerId: string,
    defaultVersion: string | null,
  ): Promise<Found[]> {
    const sold = (await this.entitlements.sources(environmentId, customerId)).map((row) => ({
      feature: row.feature,
      source: {
        ...noSource,
        type: row.type,
        plan: row.plan,
        subscription: row.subscription_id,
        quantity: row.quantity,
        limit: row.limit === null ? null : Number(row.limit),
        overage: row.overage,
        value: row.value,
      },
    }));
    const version =
      defaultVersion === null ? undefined : await this.plans.findVersion(environmentId, defaultVersion);
    const free = (version?.features ?? []).map(({ feature, limit, overage, value }) => ({
      feature,
      source: {
        ...noSource,
        type: 'default_plan' as const,
        plan: version?.key ?? null,
        limit: limit === null ? null : Number(limit),
        overage,
        value,
      },
    }));
    return [...sold, ...free];
  }

  /** Overrides, and the features that they deny, which a snapshot does not hold. */
  private async byHand(environmentId: string, customerId: string, now: Date) {
    const overrides = await this.overrides.inForce(environmentId, customerId, now);
    const byHand: Found[] = overrides.map((row) => ({
      feature: row.feature,
      source: {
        ...noSource,
        type: 'override',
        override: row.id,
        mode: row.mode,
        granted: row.granted,
        limit: row.limit,
        overage: row.overage,
        value: row.value,
        expires_at: row.expires_at,
      },
    }));
    const denied: Entitlement[] = overrides
      .filter(({ granted }) => !granted)
      .map(({ feature, name, type }) => ({
        feature,
        name,
        type,
        allowed: false,
        reason: 'not_entitled',
        allowed_up_to: 0,
        limit: type === 'metered' ? 0 : null,
        used: 0,
        carried: 0,
        remaining: type === 'metered' ? 0 : null,
        overage: null,
        value: null,
        suspended: false,
        meter: null,
        period_start: null,
        resets_at: null,
        usage_version: 0,
        caps: [],
      }));
    return { byHand, denied };
  }
}
