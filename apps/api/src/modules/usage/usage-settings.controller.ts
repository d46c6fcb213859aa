import { Body, Controller, Get, Patch } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Returns } from '../../platform/http/returns.ts';
import { updateUsageSettings, usageSettings } from './usage-settings.schemas.ts';
import { UsageSettingsService } from './usage-settings.service.ts';

@Controller('usage-settings')
export class UsageSettingsController {
  constructor(private readonly settings: UsageSettingsService) {}

  @Get()
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, usageSettings)
  getUsageSettings(@EnvironmentId() environmentId: string) {
    return this.settings.get(environmentId);
  }

  /** Says how long usage may come late, and of whom, from now on. What was counted stays where it is. */
  @Patch()
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, usageSettings)
  updateUsageSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateUsageSettings }) body: z.output<typeof updateUsageSettings>,
  ) {
    return this.settings.update(environmentId, body);
  }
}
