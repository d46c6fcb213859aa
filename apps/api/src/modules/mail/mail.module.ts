import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.ts';
import { DeliverMail } from './deliver-mail.ts';
import { MailController } from './mail.controller.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';

@Module({
  imports: [AuditModule],
  controllers: [MailController],
  providers: [MailService, MailRepository, DeliverMail],
  exports: [MailService],
})
export class MailModule {}
