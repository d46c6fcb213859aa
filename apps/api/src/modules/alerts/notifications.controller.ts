import { Body, Controller, Get, Patch, Post } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { CallsStripe } from '../../platform/http/idempotency.interceptor.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { NotInPlan } from '../merchants/merchants.errors.ts';
import { ChannelDidNotTakeIt, ChannelNotSet, ChannelUrlNotAllowed } from './alerts.errors.ts';
import {
  notificationSettings,
  notificationTest,
  savedNotificationSettings,
  updateNotificationSettings,
} from './alerts.schemas.ts';
import { NotificationsService } from './notifications.service.ts';
import { TellAlert } from './tell-alert.ts';

@Controller('notification-settings')
export class NotificationsController {
  constructor(
    private readonly notifications: NotificationsService,
    private readonly tellAlert: TellAlert,
  ) {}

  @Get()
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, notificationSettings)
  getNotificationSettings(@EnvironmentId() environmentId: string) {
    return this.notifications.get(environmentId);
  }

  @Patch()
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, savedNotificationSettings)
  @Refuses(ChannelUrlNotAllowed, NotInPlan)
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
  @Refuses(ChannelNotSet, ChannelDidNotTakeIt)
  testNotificationSettings(@EnvironmentId() environmentId: string) {
    return this.tellAlert.testSlack(environmentId);
  }
}
