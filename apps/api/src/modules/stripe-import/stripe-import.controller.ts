import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import { StripeNotConnected } from '../../stripe/stripe.errors.ts';
import { ImportNotFound, ImportUnderWay } from './stripe-import.errors.ts';
import { createImport, importPage, itemPage, listItems, stripeImport } from './stripe-import.schemas.ts';
import { StripeImportService } from './stripe-import.service.ts';

@Controller('stripe-imports')
export class StripeImportController {
  constructor(private readonly imports: StripeImportService) {}

  /** Lists imports and rehearsals, the newest first. */
  @Get()
  @Requires('stripe_account:read', { audience: 'dashboard' })
  @Returns(200, importPage)
  async listStripeImports(
    @EnvironmentId() environmentId: string,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ) {
    return pageFrom(await this.imports.list(environmentId, query), query.limit);
  }

  /** Takes over what the connected account sells, and to whom; or says what would happen. Again, it changes nothing. */
  @Post()
  @Requires('stripe_account:write', { audience: 'dashboard' })
  @Returns(201, stripeImport)
  @Refuses(StripeNotConnected, ImportUnderWay)
  startStripeImport(
    @EnvironmentId() environmentId: string,
    @Body({ schema: createImport }) body: z.output<typeof createImport>,
  ) {
    return this.imports.start(environmentId, body);
  }

  @Get(':id')
  @Requires('stripe_account:read', { audience: 'dashboard' })
  @Returns(200, stripeImport)
  @Refuses(ImportNotFound)
  getStripeImport(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.imports.get(environmentId, id);
  }

  /** What became of each object of Stripe, and why not more. */
  @Get(':id/items')
  @Requires('stripe_account:read', { audience: 'dashboard' })
  @Returns(200, itemPage)
  @Refuses(ImportNotFound)
  async listStripeImportItems(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Query({ schema: listItems }) query: z.output<typeof listItems>,
  ) {
    return pageFrom(await this.imports.items(environmentId, id, query), query.limit);
  }
}
