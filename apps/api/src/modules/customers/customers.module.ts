import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { CardForms } from './card-forms.ts';
import { CustomerLinksRepository } from './customer-links.repository.ts';
import { CustomerLinks } from './customer-links.ts';
import { CustomersController } from './customers.controller.ts';
import { CustomersRepository } from './customers.repository.ts';
import { CustomersService } from './customers.service.ts';
import { GuessLimit } from './guess-limit.ts';
import { StripeCustomers } from './stripe-customers.ts';

@Module({
  imports: [StripeModule, AuditModule, MerchantsModule],
  controllers: [CustomersController],
  providers: [
    CustomersService,
    CustomersRepository,
    StripeCustomers,
    CustomerLinks,
    CustomerLinksRepository,
    CardForms,
    GuessLimit,
  ],
  exports: [CustomersService, StripeCustomers, CustomerLinks, CardForms],
})
export class CustomersModule {}
