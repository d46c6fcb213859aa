import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { PaymentsRepository } from './payments.repository.ts';

export interface PaymentSettings {
  dispute_policy: 'suspend' | 'keep';
}

/** What payments and their troubles do to access. */
@Injectable()
export class PaymentSettingsService {
  constructor(
    private readonly database: Database,
    private readonly payments: PaymentsRepository,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  get(environmentId: string): Promise<PaymentSettings> {
    return this.database.tenant(
      environmentId,
      async () => (await this.payments.settings(environmentId)) ?? { dispute_policy: 'suspend' as const },
    );
  }

  update(environmentId: string, after: PaymentSettings): Promise<PaymentSettings> {
    return this.database.tenant(environmentId, async () => {
      const before = await this.get(environmentId);
      await this.payments.saveSettings(environmentId, { ...after, updated_at: this.clock.now() });
      await this.audit.record(environmentId, {
        action: 'payment_settings.updated',
        target: { type: 'environment', id: environmentId },
        before,
        after,
      });
      return after;
    });
  }
}
