import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, text } from '../../platform/http/schemas.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import {
  CustomerHasOwnPrice,
  CustomerPriceNotFound,
  PriceNotReplaceable,
  PriceTermsDoNotFit,
  TiersOutOfOrder,
} from './catalog.errors.ts';
import { CustomerPricesService } from './customer-prices.service.ts';
import { createCustomerPrice, customerPrice, customerPriceList } from './price.schemas.ts';

type IdParam = z.output<typeof idParam>;
const priceParam = idParam.extend({ price_id: text.min(1).max(255) });

/** What one customer pays instead of a plan's price. */
@Controller('customers/:id/prices')
export class CustomerPricesController {
  constructor(private readonly prices: CustomerPricesService) {}

  /** Lists a customer's own prices. */
  @Get()
  @Requires('catalog:read')
  @Returns(200, customerPriceList)
  @Refuses(CustomerNotFound)
  async listCustomerPrices(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
  ) {
    return { data: await this.prices.list(environmentId, id) };
  }

  /** Gives a customer a price of their own, in place of one of a plan. Of its type, currency and interval it has those. */
  @Post()
  @Requires('catalog:write')
  @Returns(201, customerPrice)
  @Refuses(CustomerNotFound, PriceNotReplaceable, PriceTermsDoNotFit, TiersOutOfOrder, CustomerHasOwnPrice)
  createCustomerPrice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: IdParam,
    @Body({ schema: createCustomerPrice }) body: z.output<typeof createCustomerPrice>,
  ) {
    return this.prices.create(environmentId, id, body);
  }

  /** Ends a customer's own price for what they buy from now on. A running subscription keeps it. */
  @Delete(':price_id')
  @Requires('catalog:write')
  @Returns(200, customerPrice)
  @Refuses(CustomerNotFound, CustomerPriceNotFound)
  archiveCustomerPrice(
    @EnvironmentId() environmentId: string,
    @Param({ schema: priceParam }) { id, price_id: priceId }: z.output<typeof priceParam>,
  ) {
    return this.prices.archive(environmentId, id, priceId);
  }
}
