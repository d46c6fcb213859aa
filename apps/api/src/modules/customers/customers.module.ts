import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { CustomersController } from './customers.controller.ts';
import { CustomersRepository } from './customers.repository.ts';
import { CustomersService } from './customers.service.ts';

@Module({
  imports: [AuditModule, MerchantsModule],
  controllers: [CustomersController],
  providers: [CustomersService, CustomersRepository],
  exports: [CustomersService],
})
export class CustomersModule {}
