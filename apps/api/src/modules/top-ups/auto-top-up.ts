import { multiple, sum } from '@billingos/pricing/money';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import Big from 'big.js';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { Log } from '../../platform/log.ts';
import { AlertsService } from '../alerts/alerts.service.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CreditsService } from '../credits/credits.service.ts';
import { TopUpsService } from '../credits/top-ups.service.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { BuyCredits } from './buy-credits.ts';
import { PacksRepository } from './packs.repository.ts';
import { PacksService } from './packs.service.ts';
import { packsNeeded } from './packs-needed.ts';
import type { AutoTopUp as Shown, setAutoTopUp } from './top-ups.schemas.ts';

const everyMs = 15_000;
const customersAtOnce = 100;

/**
 * Buys packs when a balance is low: one purchase at a time, of as many packs as close the gap, at most so many in an hour
 * and for so much in 30 days. A payment that fails, and money that goes back, turn it off and raise an alert.
 */
@Injectable()
export class AutoTopUp implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly packRows: PacksRepository,
    private readonly packs: PacksService,
    private readonly topUps: TopUpsService,
    private readonly credits: CreditsService,
    private readonly customers: CustomersService,
    private readonly buyCredits: BuyCredits,
    private readonly alerts: AlertsService,
    private readonly audit: AuditService,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.sweeper.register({ name: 'top_ups.automatic', every_ms: everyMs, run: () => this.run() });
  }

  /** Throws `CustomerNotFound`. */
  get(environmentId: string, reference: string): Promise<Shown> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      const row = await this.packRows.findAuto(environmentId, id);
      if (row === undefined) {
        return { customer: id, settings: null };
      }
      const { pack_id: pack, below, set_at: _since, ...settings } = row;
      return { customer: id, settings: { ...settings, pack, below: Number(below) } };
    });
  }

  /** Throws `CustomerNotFound`, `CreditPackNotFound`, `CreditPackArchived`. */
  set(environmentId: string, reference: string, wish: z.output<typeof setAutoTopUp>): Promise<Shown> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.customers.get(environmentId, reference, 'id');
      const { pack: packReference, below, ...settings } = wish;
      const pack = await this.packs.getSold(environmentId, packReference);
      await this.credits.open(environmentId, id);
      await this.packRows.putAuto(environmentId, id, {
        ...settings,
        pack_id: pack.id,
        below: String(below),
        set_at: this.clock.now(),
      });
      await this.alerts.resolve(environmentId, alertKey(id));
      await this.audit.record(environmentId, {
        action: 'auto_top_up.set',
        target: { type: 'customer', id },
        after: wish,
      });
      return this.get(environmentId, id);
    });
  }

  /** Looks at everybody whose balance is too low now. */
  async run(): Promise<void> {
    const due = await this.packRows.due(this.clock.now(), customersAtOnce);
    for (const { environment_id: environmentId, customer_id: customerId } of due) {
      await this.review(environmentId, customerId).catch((error: unknown) =>
        this.log.warn('top_ups.not_reviewed', {
          customer_id: customerId,
          error: error instanceof Error ? error : undefined,
        }),
      );
    }
  }

  private review(environmentId: string, customerId: string): Promise<void> {
    return this.database.tenant(environmentId, async () => {
      // Whoever else looks, or uses credits, waits until this is decided.
      const balance = await this.credits.lockedBalance(environmentId, customerId);
      const settings = await this.packRows.findAuto(environmentId, customerId);
      if (settings?.enabled !== true || new Big(balance).gte(settings.below)) {
        return;
      }
      await this.packRows.updateAuto(environmentId, customerId, { looked_at: this.clock.now() });
      const last = await this.topUps.lastAutomatic(environmentId, customerId);
      if (last?.state === 'failed' && last.created_at >= settings.set_at) {
        await this.turnOff(
          environmentId,
          customerId,
          `A payment failed: ${last.failure ?? 'nobody says why.'}`,
        );
        return;
      }
      // What took the credits away is not to buy them again.
      if (await this.topUps.wentBack(environmentId, customerId, settings.set_at)) {
        await this.turnOff(environmentId, customerId, 'A purchase of credits was refunded or disputed.');
        return;
      }
      const pack = await this.packs.get(environmentId, settings.pack_id);
      if (pack.archived_at !== null) {
        await this.turnOff(environmentId, customerId, `The pack ${pack.key} is archived.`);
        return;
      }
      const packs = packsNeeded({ balance, below: settings.below, credits: pack.credits });
      const before = await this.topUps.automatic(environmentId, customerId);
      const isBeyond =
        sum([before.amount_in_month, multiple(pack.amount, packs)]) > settings.amount_max_per_month;
      if (isBeyond || before.in_hour >= settings.times_max_per_hour) {
        await this.raise(
          environmentId,
          customerId,
          isBeyond
            ? 'The next automatic top-up would go beyond its ceiling of 30 days. Raise the ceiling, or let the customer buy.'
            : 'There were as many automatic top-ups in the last hour as are allowed. The next one waits.',
        );
        return;
      }
      await this.buyCredits.begin(environmentId, customerId, pack, {
        packs,
        idempotency_key: null,
        payment_method: null,
        is_automatic: true,
      });
    });
  }

  private async turnOff(environmentId: string, customerId: string, reason: string): Promise<void> {
    await this.packRows.updateAuto(environmentId, customerId, { enabled: false, stopped_reason: reason });
    await this.audit.record(environmentId, {
      action: 'auto_top_up.stopped',
      target: { type: 'customer', id: customerId },
      after: { reason },
    });
    await this.raise(
      environmentId,
      customerId,
      `${reason} So automatic top-ups are off. Turn them on again once that is settled with the customer.`,
    );
  }

  private raise(environmentId: string, customerId: string, detail: string): Promise<void> {
    return this.alerts.raise(environmentId, {
      kind: 'credits.auto_top_up',
      dedupe_key: alertKey(customerId),
      title: 'Credits are not topped up',
      detail,
      target: { type: 'customer', id: customerId },
    });
  }
}

function alertKey(customerId: string): string {
  return `credits_auto_top_up:${customerId}`;
}
