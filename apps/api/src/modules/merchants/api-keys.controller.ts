import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import type { Mode } from '../../platform/auth/api-key.ts';
import { EnvironmentId, EnvironmentMode } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { ShownOnce } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom, pageQuery } from '../../platform/http/schemas.ts';
import { ApiKeysService } from './api-keys.service.ts';
import { ApiKeyNotActive, ApiKeyNotFound } from './merchants.errors.ts';
import { apiKey, apiKeyPage, createApiKey, newApiKey, rotateApiKey } from './merchants.schemas.ts';

@Controller('api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get()
  @Requires('api_keys:read', { audience: 'dashboard' })
  @Returns(200, apiKeyPage)
  async listApiKeys(
    @EnvironmentId() environmentId: string,
    @Query({ schema: pageQuery }) query: z.output<typeof pageQuery>,
  ) {
    return pageFrom(await this.keys.list(environmentId, query), query.limit);
  }

  /** Makes a key and shows it, once. */
  @Post()
  @Requires('api_keys:write', { audience: 'dashboard' })
  @ShownOnce()
  @Returns(201, newApiKey)
  createApiKey(
    @EnvironmentId() environmentId: string,
    @EnvironmentMode() mode: Mode,
    @Body({ schema: createApiKey }) body: z.output<typeof createApiKey>,
  ) {
    return this.keys.create(environmentId, mode, body);
  }

  /** Replaces a key by a new one and shows that, once. The old one stays valid for the grace that is asked for. */
  @Post(':id/rotate')
  @Requires('api_keys:write', { audience: 'dashboard' })
  @ShownOnce()
  @Returns(201, newApiKey)
  @Refuses(ApiKeyNotFound, ApiKeyNotActive)
  rotateApiKey(
    @EnvironmentId() environmentId: string,
    @EnvironmentMode() mode: Mode,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
    @Body({ schema: rotateApiKey }) body: z.output<typeof rotateApiKey>,
  ) {
    return this.keys.rotate(environmentId, mode, id, body.grace_seconds);
  }

  /** Revokes a key. It stays in the list, with the time. */
  @Delete(':id')
  @Requires('api_keys:write', { audience: 'dashboard' })
  @Returns(200, apiKey)
  @Refuses(ApiKeyNotFound)
  revokeApiKey(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.keys.revoke(environmentId, id);
  }
}
