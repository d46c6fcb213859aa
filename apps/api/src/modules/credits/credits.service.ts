import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { AllowancesRepository } from './allowances.repository.ts';
import { CreditsRepository } from './credits.repository.ts';
import type { CreditBalance } from './credits.schemas.ts';

/** What customers have paid for or were given in advance. Whoever moves a pool has locked it. */
@Injectable()
export class CreditsService {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly allowances: AllowancesRepository,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Every movement, the newest first. Throws `CustomerNotFound`. */
  listEntries(environmentId: string, reference: string, page: PageRequest) {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      const rows = await this.credits.listEntries(environmentId, id, page);
      return rows.map(({ grant_id: grant, ...row }) => ({ ...row, grant, quantity: Number(row.quantity) }));
    });
  }

  /** Throws `CustomerNotFound`. A customer who never had credits has 0. */
  balance(environmentId: string, reference: string): Promise<CreditBalance> {
    return this.database.tenant(environmentId, async () => {
      const now = this.clock.now();
      const { id } = await this.customers.get(environmentId, reference, 'id');
      await this.credits.lockPool(environmentId, id, now);
      const pool = await this.credits.findPool(environmentId, id);
      const sums = await this.credits.sums(environmentId, id, now);
      const expiry = await this.credits.nextExpiry(environmentId, id, now);
      const allowances = await this.allowances.ofCustomer(environmentId, id);
      return {
        customer: id,
        balance: Number(sums.balance),
        scheduled: Number(sums.scheduled),
        next_expiry:
          expiry === undefined ? null : { quantity: Number(expiry.quantity), expires_at: expiry.expires_at },
        low_at: numberOrNull(pool?.low_at),
        allowances: allowances.map(({ quantity, rollover_max: max, ...row }) => ({
          ...row,
          quantity: Number(quantity),
          rollover_max: numberOrNull(max),
        })),
      };
    });
  }

  /** Throws `CustomerNotFound`. */
  setLowAt(environmentId: string, reference: string, lowAt: number | null): Promise<CreditBalance> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      await this.credits.openPool(environmentId, id, this.clock.now());
      await this.credits.setLowAt(environmentId, id, lowAt === null ? null : String(lowAt));
      await this.audit.record(environmentId, {
        action: 'credits.settings_changed',
        target: { type: 'customer', id },
        after: { low_at: lowAt },
      });
      return this.balance(environmentId, id);
    });
  }

  /** Gives a customer a pool, unless there is one. In the open transaction. */
  open(environmentId: string, customerId: string): Promise<void> {
    return this.credits.openPool(environmentId, customerId, this.clock.now());
  }

  /** The balance, which nobody changes until the open transaction ends. */
  async lockedBalance(environmentId: string, customerId: string): Promise<string> {
    await this.credits.lockPool(environmentId, customerId, this.clock.now());
    return (await this.credits.sums(environmentId, customerId, this.clock.now())).balance;
  }

  /** How many units of a meter credits have paid for in a period: whoever charges for its use leaves them out. */
  paidUnits(
    environmentId: string,
    of: { customer_id: string; meter_id: string; start: Date; end: Date },
  ): Promise<string> {
    return this.database.tenant(environmentId, () => this.credits.paidUnits(environmentId, of));
  }
}

function numberOrNull(value: string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
