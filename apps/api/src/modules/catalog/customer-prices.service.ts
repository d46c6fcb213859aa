import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { CustomerHasOwnPrice, CustomerPriceNotFound, PriceNotReplaceable } from './catalog.errors.ts';
import { syncPrice } from './catalog.jobs.ts';
import { chargeOf, shownPrice } from './price.ts';
import type { createCustomerPrice, customerPrice } from './price.schemas.ts';
import { type PriceRow, PricesRepository } from './prices.repository.ts';

export type CustomerPrice = z.input<typeof customerPrice>;

/** Prices that one customer gets instead of those of a plan version. */
@Injectable()
export class CustomerPricesService {
  constructor(
    private readonly database: Database,
    private readonly prices: PricesRepository,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Those in force, the oldest first. Throws `CustomerNotFound`. */
  list(environmentId: string, reference: string): Promise<CustomerPrice[]> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.get(environmentId, reference, 'id');
      return (await this.prices.ofCustomer(environmentId, customer.id)).map(shown);
    });
  }

  /**
   * A price of the same type, for the same thing and period as the one it replaces; a job puts it on Stripe. A running
   * subscription keeps what it has until it is changed. Throws `CustomerNotFound`, `PriceNotReplaceable`,
   * `PriceTermsDoNotFit`, `TiersOutOfOrder`, `CustomerHasOwnPrice`.
   */
  create(
    environmentId: string,
    reference: string,
    { price: replacedId, ...wish }: z.output<typeof createCustomerPrice>,
  ): Promise<CustomerPrice> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.get(environmentId, reference, 'id');
      const [replaced] = await this.prices.find(environmentId, { ids: [replacedId] });
      if (replaced === undefined || replaced.customer_id !== null || !replaced.is_published) {
        throw new PriceNotReplaceable(replacedId);
      }
      const id = newId('price');
      await this.prices
        .insert(
          environmentId,
          [
            {
              id,
              plan_version_id: replaced.plan_version_id,
              currency: replaced.currency,
              interval: replaced.interval,
              interval_count: replaced.interval_count,
              feature_id: replaced.feature_id,
              ...chargeOf({ type: replaced.type, ...wish }, ''),
              customer_id: customer.id,
              replaces: replaced.id,
            },
          ],
          this.clock.now(),
        )
        .catch((error: unknown) => {
          throw violatedConstraint(error) === 'prices_one_per_purpose'
            ? new CustomerHasOwnPrice(replacedId)
            : error;
        });
      await this.audit.record(environmentId, {
        action: 'customer_price.created',
        target: { type: 'price', id },
        after: { customer: customer.id, replaces: replaced.id, ...wish },
      });
      await this.outbox.add(environmentId, syncPrice, { price_id: id });
      return this.get(environmentId, customer.id, id);
    });
  }

  /** Ends it for what is sold from now on; a running subscription keeps it. Throws `CustomerNotFound`, `CustomerPriceNotFound`. */
  archive(environmentId: string, reference: string, priceId: string): Promise<CustomerPrice> {
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.get(environmentId, reference, 'id');
      const found = await this.get(environmentId, customer.id, priceId);
      await this.prices.archive(environmentId, priceId, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'customer_price.archived',
        target: { type: 'price', id: priceId },
        before: { customer: customer.id, replaces: found.replaces },
      });
      return found;
    });
  }

  private async get(environmentId: string, customerId: string, priceId: string): Promise<CustomerPrice> {
    const found = (await this.prices.ofCustomer(environmentId, customerId)).find(({ id }) => id === priceId);
    if (found === undefined) {
      throw new CustomerPriceNotFound(priceId);
    }
    return shown(found);
  }
}

function shown(price: PriceRow): CustomerPrice {
  return { ...shownPrice(price), plan: price.plan, replaces: price.replaces ?? price.id };
}
