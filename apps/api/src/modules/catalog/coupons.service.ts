import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { violatedConstraint } from '../../platform/errors.ts';
import type { PageRequest } from '../../platform/http/schemas.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { AuditService } from '../audit/audit.service.ts';
import {
  CouponArchived,
  CouponExpired,
  CouponNotFound,
  CouponTermsDoNotFit,
  KeyTaken,
} from './catalog.errors.ts';
import { syncCoupon } from './catalog.jobs.ts';
import { CouponsRepository } from './coupons.repository.ts';
import type { coupon, createCoupon } from './coupons.schemas.ts';

export type Coupon = z.input<typeof coupon>;
type Row = NonNullable<Awaited<ReturnType<CouponsRepository['find']>>>;

@Injectable()
export class CouponsService {
  constructor(
    private readonly database: Database,
    private readonly coupons: CouponsRepository,
    private readonly audit: AuditService,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async list(environmentId: string, page: PageRequest & { archived: boolean }): Promise<Coupon[]> {
    const rows = await this.database.tenant(environmentId, () => this.coupons.list(environmentId, page));
    return rows.map(shown);
  }

  /** By key, in capitals or not, or by id. Throws `CouponNotFound`. */
  get(environmentId: string, reference: string, param?: string): Promise<Coupon> {
    return this.database.tenant(environmentId, async () => {
      const row = await this.coupons.find(environmentId, reference);
      if (row === undefined) {
        throw new CouponNotFound(reference, param);
      }
      return shown(row);
    });
  }

  /**
   * A coupon that can be redeemed now, as far as we know: Stripe counts the redemptions. Throws `CouponNotFound`,
   * `CouponArchived`, `CouponExpired`.
   */
  async getRedeemable(environmentId: string, reference: string, param?: string): Promise<Coupon> {
    const found = await this.get(environmentId, reference, param);
    if (found.archived_at !== null) {
      throw new CouponArchived(found.key, param);
    }
    if (found.redeem_by !== null && found.redeem_by <= this.clock.now()) {
      throw new CouponExpired(found.key, param);
    }
    return found;
  }

  /** Throws `KeyTaken`, `CouponTermsDoNotFit`. A job puts it on Stripe. */
  create(environmentId: string, wish: z.output<typeof createCoupon>): Promise<Coupon> {
    this.refuseWhatDoesNotFit(wish);
    return this.database.tenant(environmentId, async () => {
      const id = newId('coupon');
      await this.coupons
        .insert(environmentId, {
          id,
          key: wish.key,
          name: wish.name,
          percent_off: wish.percent_off ?? null,
          amount_off: wish.amount_off ?? null,
          currency: wish.currency ?? null,
          duration: wish.duration,
          duration_months: wish.duration_months ?? null,
          redemptions_max: wish.redemptions_max ?? null,
          redeem_by: wish.redeem_by ?? null,
          created_at: this.clock.now(),
        })
        .catch((error: unknown) => {
          throw violatedConstraint(error) === 'coupons_by_key' ? new KeyTaken('coupon', wish.key) : error;
        });
      await this.audit.record(environmentId, {
        action: 'coupon.created',
        target: { type: 'coupon', id },
        after: wish,
      });
      await this.outbox.add(environmentId, syncCoupon, { coupon_id: id });
      return this.get(environmentId, id);
    });
  }

  /** Nobody redeems it any more; who has it keeps it. Throws `CouponNotFound`. */
  archive(environmentId: string, reference: string): Promise<Coupon> {
    return this.database.tenant(environmentId, async () => {
      const { id } = await this.get(environmentId, reference, 'id');
      await this.coupons.archive(environmentId, id, this.clock.now());
      await this.audit.record(environmentId, { action: 'coupon.archived', target: { type: 'coupon', id } });
      return this.get(environmentId, id);
    });
  }

  private refuseWhatDoesNotFit(wish: z.output<typeof createCoupon>): void {
    if ((wish.percent_off === undefined) === (wish.amount_off === undefined)) {
      throw new CouponTermsDoNotFit('Give either percent_off or amount_off.', 'percent_off');
    }
    if ((wish.amount_off === undefined) !== (wish.currency === undefined)) {
      throw new CouponTermsDoNotFit('An amount_off has a currency, a percent_off has none.', 'currency');
    }
    if ((wish.duration === 'repeating') !== (wish.duration_months !== undefined)) {
      throw new CouponTermsDoNotFit(
        'A repeating coupon has duration_months, another has none.',
        'duration_months',
      );
    }
    if (wish.redeem_by !== undefined && wish.redeem_by <= this.clock.now()) {
      throw new CouponTermsDoNotFit('The last day to redeem it is past: give a later one.', 'redeem_by');
    }
  }
}

function shown({ amount_off: amount, currency, ...row }: Row): Coupon {
  return {
    ...row,
    amount_off: amount === null || currency === null ? null : { amount, currency },
  };
}
