import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.ts';
import { listCustomers } from '../../stripe/stripe.listing.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { SyncCustomer } from '../subscriptions/sync-customer.ts';
import type { Found, Phase, PhaseContext } from './phase.ts';

/** Customers that we made on Stripe, and of which we forgot that: an answer was lost beyond all repetitions. */
@Injectable()
export class CompareCustomers implements Phase {
  readonly name = 'customers';

  constructor(
    private readonly database: Database,
    private readonly customers: CustomersService,
    private readonly syncCustomer: SyncCustomer,
    private readonly audit: AuditService,
  ) {}

  async step({ environment_id: environmentId, connection }: PhaseContext, cursor: string | null) {
    const { data, next } = await listCustomers(connection, cursor);
    const ours = await this.customers.findByStripe(environmentId, data);
    const byId = new Map(ours.map((row) => [row.id, row]));
    const found = data.flatMap(({ stripe_customer_id: stripeId, bos_customer_id: id }): Found[] => {
      const own = id === null ? undefined : byId.get(id);
      if (own === undefined || own.stripe_customer_id !== null) {
        return [];
      }
      return [
        {
          kind: 'customer',
          cause: 'missing_here',
          object_id: own.id,
          stripe_object_id: stripeId,
          before: { stripe_customer_id: null },
          after: { stripe_customer_id: stripeId },
          repair: () => this.link(environmentId, own.id, stripeId),
        },
      ];
    });
    return { checked: data.length, found, next };
  }

  private async link(environmentId: string, id: string, stripeId: string): Promise<null> {
    await this.database.tenant(environmentId, async () => {
      await this.customers.linkStripeCustomer(environmentId, id, stripeId);
      await this.audit.record(environmentId, {
        action: 'customer.linked',
        target: { type: 'customer', id },
        after: { stripe_customer_id: stripeId },
      });
    });
    await this.syncCustomer.sync(environmentId, id);
    return null;
  }
}
