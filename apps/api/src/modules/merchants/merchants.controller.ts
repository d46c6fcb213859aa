import { Body, Controller, Get, Post } from '@nestjs/common';
import type { z } from 'zod';
import { CurrentUser, type UserCaller } from '../../platform/auth/caller.ts';
import { RequiresUser } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { TooManyMerchants } from './merchants.errors.ts';
import { createMerchant, me, merchant } from './merchants.schemas.ts';
import { MerchantsService } from './merchants.service.ts';

@Controller()
export class MerchantsController {
  constructor(private readonly merchants: MerchantsService) {}

  /** Who is signed in, and where they may work. */
  @Get('me')
  @RequiresUser()
  @Returns(200, me)
  async getMe(@CurrentUser() user: UserCaller) {
    return { user: { id: user.user_id, email: user.email }, merchants: await this.merchants.ofUser(user) };
  }

  @Post('merchants')
  @RequiresUser()
  @Returns(201, merchant)
  @Refuses(TooManyMerchants)
  createMerchant(
    @CurrentUser() user: UserCaller,
    @Body({ schema: createMerchant }) body: z.output<typeof createMerchant>,
  ) {
    return this.merchants.create(user, body.name);
  }
}
