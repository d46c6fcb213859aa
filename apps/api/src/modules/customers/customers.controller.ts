import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { CustomerNotFound, ExternalIdIsFixed, ExternalIdTaken } from './customers.errors.ts';
import {
  createCustomer,
  customer,
  customerPage,
  customersSummary,
  listCustomers,
  updateCustomer,
} from './customers.schemas.ts';
import { CustomersService } from './customers.service.ts';

@Controller('customers')
export class CustomersController {
  constructor(private readonly customers: CustomersService) {}

  /** Lists customers, the newest first. */
  @Get()
  @Requires('customers:read')
  @Returns(200, customerPage)
  async listCustomers(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listCustomers }) query: z.output<typeof listCustomers>,
  ) {
    return pageFrom(await this.customers.list(environmentId, query), query.limit);
  }

  @Get('summary')
  @Requires('customers:read', { audience: 'dashboard' })
  @Returns(200, customersSummary)
  getCustomersSummary(@EnvironmentId() environmentId: string) {
    return this.customers.summary(environmentId);
  }

  @Post()
  @Requires('customers:write')
  @Returns(201, customer)
  @Refuses(ExternalIdTaken)
  createCustomer(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createCustomer }) body: z.output<typeof createCustomer>,
  ) {
    return this.customers.create(environmentId, body);
  }

  /** Retrieves a customer by our id or your own. */
  @Get(':id')
  @Requires('customers:read')
  @Returns(200, customer)
  @Refuses(CustomerNotFound)
  getCustomer(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.customers.get(environmentId, id, 'id');
  }

  /** Changes what the body names, and nothing else. */
  @Patch(':id')
  @Requires('customers:write')
  @Returns(200, customer)
  @Refuses(CustomerNotFound, ExternalIdTaken, ExternalIdIsFixed)
  updateCustomer(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: updateCustomer }) body: z.output<typeof updateCustomer>,
  ) {
    return this.customers.update(environmentId, id, body);
  }
}
