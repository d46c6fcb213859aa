import { Injectable } from '@nestjs/common';
import { CompareSubscriptions } from '../subscriptions/compare-subscriptions.ts';
import { type Found, pageSize, type Phase, type PhaseContext } from './phase.ts';

/** What subscriptions grant, beside what their plan versions say. They were compared with Stripe before. */
@Injectable()
export class CompareEntitlements implements Phase {
  readonly name = 'entitlements';

  constructor(private readonly subscriptions: CompareSubscriptions) {}

  async step({ environment_id: environmentId }: PhaseContext, cursor: string | null) {
    const { drift, checked, next } = await this.subscriptions.grantsOf(environmentId, cursor ?? '', pageSize);
    const found = drift.map(
      ({ subscription_id: id, stripe_subscription_id: stripeId, customer_id: customerId, before, after }) =>
        ({
          kind: 'entitlement',
          cause: 'grants_differ',
          object_id: id,
          stripe_object_id: stripeId,
          before,
          after,
          repair: async () => {
            await this.subscriptions.regrant(environmentId, customerId, id ?? '');
            return null;
          },
        }) satisfies Found,
    );
    return { checked, found, next };
  }
}
