import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import type { Mode } from '../../platform/auth/api-key.ts';
import { EnvironmentId, EnvironmentMode } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Fast } from '../../platform/http/fast-route.ts';
import { OwnIdempotency, ShownOnce } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { IdempotencyConflict } from '../../platform/http/idempotency.errors.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { FeatureNotFound } from '../catalog/catalog.errors.ts';
import { CustomerNotFound } from '../customers/customers.errors.ts';
import { ExpiryNotAhead, FeatureNotMetered, MeterNotSummed } from '../entitlements/entitlements.errors.ts';
import { ConsumerKeyNotActive, ConsumerKeyNotFound, ProjectNotFound } from './consumer-keys.errors.ts';
import {
  consumerKey,
  consumerKeyPage,
  consumerKeySettings,
  createConsumerKey,
  listConsumerKeys,
  newConsumerKeyAnswer,
  rotateConsumerKey,
  updateConsumerKey,
  updateConsumerKeySettings,
  verification,
  verifyConsumerKey,
} from './consumer-keys.schemas.ts';
import { ConsumerKeysService } from './consumer-keys.service.ts';
import { RotateKey } from './rotate-key.ts';
import { VerifyKey } from './verify-key.ts';

@Controller()
export class ConsumerKeysController {
  constructor(
    private readonly keys: ConsumerKeysService,
    private readonly rotation: RotateKey,
    private readonly verifications: VerifyKey,
  ) {}

  /** Whether a call with this key may be answered: valid or not and why, whose it is, and what is left. */
  @Post('keys/verify')
  @Requires('consumer_keys:read')
  @OwnIdempotency('body_or_header')
  @Fast({ answer_ms: 2_500 })
  @Returns(200, verification)
  @Refuses(FeatureNotFound, FeatureNotMetered, MeterNotSummed, IdempotencyConflict)
  verifyConsumerKey(
    @EnvironmentId() environmentId: string,
    @Body({ schema: verifyConsumerKey }) body: z.output<typeof verifyConsumerKey>,
  ) {
    return this.verifications.verify(environmentId, body);
  }

  @Get('keys')
  @Requires('consumer_keys:read')
  @Returns(200, consumerKeyPage)
  @Refuses(CustomerNotFound, ProjectNotFound)
  async listConsumerKeys(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listConsumerKeys }) query: z.output<typeof listConsumerKeys>,
  ) {
    return pageFrom(await this.keys.list(environmentId, query), query.limit);
  }

  /** Makes a key for a customer and shows it, once. */
  @Post('keys')
  @Requires('consumer_keys:write')
  @ShownOnce()
  @Returns(201, newConsumerKeyAnswer)
  @Refuses(CustomerNotFound, ProjectNotFound, ExpiryNotAhead)
  createConsumerKey(
    @EnvironmentId() environmentId: string,
    @EnvironmentMode() mode: Mode,
    @Body({ schema: createConsumerKey }) body: z.output<typeof createConsumerKey>,
  ) {
    return this.keys.create(environmentId, mode, body);
  }

  @Get('keys/:id')
  @Requires('consumer_keys:read')
  @Returns(200, consumerKey)
  @Refuses(ConsumerKeyNotFound)
  getConsumerKey(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.keys.get(environmentId, id);
  }

  /** Changes the fields that the body names, and no others. */
  @Patch('keys/:id')
  @Requires('consumer_keys:write')
  @Returns(200, consumerKey)
  @Refuses(ConsumerKeyNotFound)
  updateConsumerKey(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: updateConsumerKey }) body: z.output<typeof updateConsumerKey>,
  ) {
    return this.keys.update(environmentId, id, body);
  }

  /** Replaces a key by a new one and shows that, once. The old one stays valid for the grace that is asked for. */
  @Post('keys/:id/rotate')
  @Requires('consumer_keys:write')
  @ShownOnce()
  @Returns(201, newConsumerKeyAnswer)
  @Refuses(ConsumerKeyNotFound, ConsumerKeyNotActive)
  rotateConsumerKey(
    @EnvironmentId() environmentId: string,
    @EnvironmentMode() mode: Mode,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: rotateConsumerKey }) body: z.output<typeof rotateConsumerKey>,
  ) {
    return this.rotation.rotate(environmentId, mode, id, body.grace_seconds);
  }

  /** Revokes a key at once. It stays in the list, with the time. */
  @Post('keys/:id/revoke')
  @Requires('consumer_keys:write')
  @Returns(200, consumerKey)
  @Refuses(ConsumerKeyNotFound)
  revokeConsumerKey(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.keys.revoke(environmentId, id);
  }

  @Get('key-settings')
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, consumerKeySettings)
  getConsumerKeySettings(@EnvironmentId() environmentId: string) {
    return this.keys.settings(environmentId);
  }

  @Patch('key-settings')
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, consumerKeySettings)
  updateConsumerKeySettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateConsumerKeySettings }) body: z.output<typeof updateConsumerKeySettings>,
  ) {
    return this.keys.updateSettings(environmentId, body);
  }
}
