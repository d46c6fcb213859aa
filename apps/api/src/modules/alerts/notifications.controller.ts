import { Body, Controller, Get, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { SlackDidNotTakeIt, SlackNotSet, SlackUrlNotAllowed } from './alerts.errors.ts';
import { notificationSettings, notificationTest, updateNotificationSettings } from './alerts.schemas.ts';
import { NotificationsService } from './notifications.service.ts';

@Controller('notification-settings')
export class NotificationsController {
  constructor(private readonly notifications: NotificationsService) {}

  @Get()
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, notificationSettings)
  getNotificationSettings(@EnvironmentId() environmentId: string) {
    return this.notifications.get(environmentId);
  }

  @Patch()
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, notificationSettings)
  @Refuses(SlackUrlNotAllowed)
  updateNotificationSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateNotificationSettings }) body: z.output<typeof updateNotificationSettings>,
  ) {
    return this.notifications.update(environmentId, body);
  }

  /** Posts a message to Slack, to see that it arrives. */
  @Post('test')
  @Requires('settings:write', { audience: 'dashboard' })
  // Slack is away as Stripe may be: no transaction waits for it.
  @CallsStripe()
  @Returns(200, notificationTest)
  @Refuses(SlackNotSet, SlackDidNotTakeIt)
  testNotificationSettings(@EnvironmentId() environmentId: string) {
    return this.notifications.test(environmentId);
  }
}
