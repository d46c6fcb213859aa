import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { CouponNotFound, CouponTermsDoNotFit, KeyTaken } from './catalog.errors.ts';
import { coupon, couponPage, couponQuery, createCoupon } from './coupons.schemas.ts';
import { CouponsService } from './coupons.service.ts';

type IdParam = z.output<typeof idParam>;

/** Discounts that people can type. */
@Controller('coupons')
export class CouponsController {
  constructor(private readonly coupons: CouponsService) {}

  @Get()
  @Requires('catalog:read')
  @Returns(200, couponPage)
  async listCoupons(
    @EnvironmentId() environmentId: string,
    @Query({ schema: couponQuery }) query: z.output<typeof couponQuery>,
  ) {
    return pageFrom(await this.coupons.list(environmentId, query), query.limit);
  }

  /** Creates a coupon: a percentage or an amount off, once, for some months or forever. */
  @Post()
  @Requires('catalog:write')
  @Returns(201, coupon)
  @Refuses(KeyTaken, CouponTermsDoNotFit)
  createCoupon(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createCoupon }) body: z.output<typeof createCoupon>,
  ) {
    return this.coupons.create(environmentId, body);
  }

  /** Retrieves a coupon by key, in capitals or not, or by id. */
  @Get(':id')
  @Requires('catalog:read')
  @Returns(200, coupon)
  @Refuses(CouponNotFound)
  getCoupon(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.coupons.get(environmentId, id, 'id');
  }

  /** Ends the redeeming of a coupon. Who has it keeps it. */
  @Post(':id/archive')
  @Requires('catalog:write')
  @Returns(200, coupon)
  @Refuses(CouponNotFound)
  archiveCoupon(@EnvironmentId() environmentId: string, @Param({ schema: idParam }) { id }: IdParam) {
    return this.coupons.archive(environmentId, id);
  }
}
