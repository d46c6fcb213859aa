import { Injectable } from '@nestjs/common';
import Big from 'big.js';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { CreditGrantNotFound, CreditTimesDoNotFit } from './credits.errors.ts';
import { CreditsRepository } from './credits.repository.ts';
import type { CreateCreditGrant, CreditGrant } from './credits.schemas.ts';

type GrantRow = NonNullable<Awaited<ReturnType<CreditsRepository['findGrant']>>>;

/** Credits that were bought or given, and what is taken back of them. Whoever moves a pool has locked it. */
@Injectable()
export class CreditGrantsService {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly customers: CustomersService,
    private readonly entitlements: EntitlementsService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `CustomerNotFound`, `CreditTimesDoNotFit`. */
  grant(environmentId: string, reference: string, wish: CreateCreditGrant): Promise<CreditGrant> {
    const now = this.clock.now();
    const effectiveAt = wish.effective_at ?? now;
    if (wish.expires_at !== undefined && (wish.expires_at <= effectiveAt || wish.expires_at <= now)) {
      throw new CreditTimesDoNotFit();
    }
    return this.database.tenant(environmentId, async () => {
      const customer = await this.customers.get(environmentId, reference, 'id');
      const id = newId('credit_grant');
      await this.give(environmentId, customer.id, {
        id,
        source: 'manual',
        source_id: null,
        quantity: wish.quantity,
        priority: wish.priority,
        effective_at: effectiveAt,
        expires_at: wish.expires_at ?? null,
        reason: wish.reason ?? null,
      });
      await this.audit.record(environmentId, {
        action: 'credits.granted',
        target: { type: 'customer', id: customer.id },
        after: { credit_grant: id, quantity: wish.quantity },
      });
      return this.shownGrant(environmentId, id);
    });
  }

  /**
   * Takes back what is left of a grant; what was burned stays burned. A grant that is void already stays as it is.
   * Throws `CreditGrantNotFound`.
   */
  void(environmentId: string, id: string): Promise<CreditGrant> {
    return this.changeGrant(environmentId, id, 'credits.voided', async (grant) => {
      if (grant.voided_at === null) {
        await this.credits.move(environmentId, id, 'void', `-${grant.remaining}`, this.clock.now());
        await this.credits.markVoided(environmentId, id, this.clock.now());
      }
    });
  }

  /**
   * Gives back what voiding took, so that everything is as if it had not been void; what a refund took stays taken. A
   * grant that is not void stays as it is. Throws `CreditGrantNotFound`.
   */
  restore(environmentId: string, id: string): Promise<CreditGrant> {
    return this.changeGrant(environmentId, id, 'credits.restored', async (grant) => {
      if (grant.voided_at !== null) {
        await this.credits.move(
          environmentId,
          id,
          'unvoid',
          await this.tookByHand(environmentId, grant),
          this.clock.now(),
        );
        await this.credits.markVoided(environmentId, id, null);
      }
    });
  }

  /** Throws `CustomerNotFound`. */
  list(environmentId: string, reference: string, page: PageRequest): Promise<CreditGrant[]> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      const rows = await this.credits.listGrants(environmentId, id, page);
      return rows.map((row) => shown(row, this.clock.now()));
    });
  }

  /**
   * Gives credits in the open transaction, once for what `source_id` names. Says whether they were given now.
   */
  async give(
    environmentId: string,
    customerId: string,
    wish: {
      id: string;
      source: 'top_up' | 'manual';
      source_id: string | null;
      quantity: number | string;
      priority: number;
      effective_at: Date;
      expires_at: Date | null;
      reason: string | null;
    },
  ): Promise<boolean> {
    const now = this.clock.now();
    const quantity = String(wish.quantity);
    await this.credits.openPool(environmentId, customerId, now);
    await this.credits.lockPool(environmentId, customerId, now);
    const isNew = await this.credits.insertGrant(environmentId, {
      ...wish,
      customer_id: customerId,
      allowance_id: null,
      quantity,
      interval: null,
      interval_count: null,
      created_at: now,
    });
    if (isNew) {
      await this.credits.move(environmentId, wish.id, 'grant', quantity, now);
      await this.entitlements.changed(environmentId, customerId);
    }
    return isNew;
  }

  /**
   * Makes what refunds and disputes have taken of a grant be `wanted`, as far as it is there to take, in the open
   * transaction. Of a grant that is void, only what restoring would give changes.
   */
  async takeBack(environmentId: string, customerId: string, id: string, wanted: string): Promise<void> {
    await this.credits.lockPool(environmentId, customerId, this.clock.now());
    const grant = await this.getGrant(environmentId, id);
    const isVoid = grant.voided_at !== null;
    const there = isVoid ? await this.tookByHand(environmentId, grant) : grant.remaining;
    const missing = new Big(wanted).minus(grant.taken_back);
    const more = missing.gt(there) ? new Big(there) : missing;
    if (more.eq(0)) {
      return;
    }
    if (!isVoid) {
      const kind = more.gt(0) ? 'void' : 'unvoid';
      await this.credits.move(environmentId, id, kind, more.times(-1).toFixed(), this.clock.now());
    }
    await this.credits.setTakenBack(environmentId, id, more.plus(grant.taken_back).toFixed());
    await this.entitlements.changed(environmentId, customerId);
  }

  private changeGrant(
    environmentId: string,
    id: string,
    action: string,
    change: (grant: GrantRow) => Promise<void>,
  ): Promise<CreditGrant> {
    return this.database.tenant(environmentId, async () => {
      const { customer_id: customerId } = await this.getGrant(environmentId, id);
      await this.credits.lockPool(environmentId, customerId, this.clock.now());
      // As it is now that nobody else moves it.
      await change(await this.getGrant(environmentId, id));
      await this.entitlements.changed(environmentId, customerId);
      await this.audit.record(environmentId, { action, target: { type: 'credit_grant', id } });
      return this.shownGrant(environmentId, id);
    });
  }

  /** What voiding took, without what a refund did. */
  private async tookByHand(environmentId: string, grant: GrantRow): Promise<string> {
    return new Big(await this.credits.voided(environmentId, grant.id)).minus(grant.taken_back).toFixed();
  }

  private async getGrant(environmentId: string, id: string): Promise<GrantRow> {
    const grant = await this.credits.findGrant(environmentId, id);
    if (grant === undefined) {
      throw new CreditGrantNotFound(id);
    }
    return grant;
  }

  private async shownGrant(environmentId: string, id: string): Promise<CreditGrant> {
    return shown(await this.getGrant(environmentId, id), this.clock.now());
  }
}

function shown(
  { customer_id: customer, quantity, remaining, taken_back: _taken, ...row }: GrantRow,
  now: Date,
): CreditGrant {
  const state =
    row.voided_at !== null
      ? 'voided'
      : row.expires_at !== null && row.expires_at <= now
        ? 'expired'
        : row.effective_at > now
          ? 'scheduled'
          : Number(remaining) === 0
            ? 'used_up'
            : 'active';
  return { ...row, customer, quantity: Number(quantity), remaining: Number(remaining), state };
}
