import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import type { updateUsageSettings, UsageSettings } from './usage-settings.schemas.ts';
import { UsageRepository } from './usage.repository.ts';

/** How an environment takes usage. */
@Injectable()
export class UsageSettingsService {
  constructor(
    private readonly database: Database,
    private readonly usage: UsageRepository,
    private readonly audit: AuditService,
  ) {}

  get(environmentId: string): Promise<UsageSettings> {
    return this.database.tenant(environmentId, () => this.usage.settings(environmentId));
  }

  update(environmentId: string, wish: z.output<typeof updateUsageSettings>): Promise<UsageSettings> {
    return this.database.tenant(environmentId, async () => {
      const before = await this.usage.settings(environmentId);
      const after = {
        grace_minutes: wish.grace_minutes ?? before.grace_minutes,
        creates_customers: wish.creates_customers ?? before.creates_customers,
      };
      await this.usage.saveSettings(environmentId, after);
      await this.audit.record(environmentId, {
        action: 'usage_settings.updated',
        target: { type: 'environment', id: environmentId },
        before,
        after,
      });
      return after;
    });
  }
}
