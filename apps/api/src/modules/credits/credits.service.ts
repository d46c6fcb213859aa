import { Injectable, type OnModuleInit } from '@nestjs/common';
import Big from 'big.js';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { EntitlementsService } from '../entitlements/entitlements.service.ts';
import { AllowancesRepository } from './allowances.repository.ts';
import { CreditGrantNotFound, CreditTimesDoNotFit } from './credits.errors.ts';
import { CreditsRepository } from './credits.repository.ts';
import type { CreateCreditGrant, CreditBalance, CreditGrant } from './credits.schemas.ts';

const sweepEveryMs = 30_000;
const poolsAtOnce = 200;

type GrantRow = NonNullable<Awaited<ReturnType<CreditsRepository['findGrant']>>>;

/** What customers have paid for or were given in advance. Whoever moves a pool has locked it. */
@Injectable()
export class CreditsService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly credits: CreditsRepository,
    private readonly allowances: AllowancesRepository,
    private readonly customers: CustomersService,
    private readonly entitlements: EntitlementsService,
    private readonly audit: AuditService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'credits.settle', every_ms: sweepEveryMs, run: () => this.settleDue() });
    this.sweeper.register({
      name: 'credits.default_plan',
      every_ms: sweepEveryMs,
      run: () => this.spreadDefault(),
    });
  }

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
  listGrants(environmentId: string, reference: string, page: PageRequest): Promise<CreditGrant[]> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      const rows = await this.credits.listGrants(environmentId, id, page);
      return rows.map((row) => shown(row, this.clock.now()));
    });
  }

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

  /** Gives the credits of default plans that are new to customers who are there already. */
  async spreadDefault(): Promise<void> {
    let done: number;
    do {
      done = await this.allowances.spreadDefault(this.clock.now(), poolsAtOnce);
    } while (done >= poolsAtOnce);
  }

  /** Writes off what has expired and grants what is due, in all environments. */
  private async settleDue(): Promise<void> {
    const due = await this.credits.due(this.clock.now(), poolsAtOnce);
    for (const { environment_id: environmentId, customer_id: customerId } of due) {
      await this.database
        .tenant(environmentId, async () => {
          await this.credits.lockPool(environmentId, customerId, this.clock.now());
          await this.entitlements.changed(environmentId, customerId);
        })
        .catch((error: unknown) =>
          this.log.warn('credits.not_settled', {
            customer_id: customerId,
            error: error instanceof Error ? error : undefined,
          }),
        );
    }
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

function numberOrNull(value: string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
