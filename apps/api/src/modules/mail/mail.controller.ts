import { Body, Controller, Get, Param, Patch, Query } from '@nestjs/common';
import type { z } from 'zod';
import { EnvironmentId } from '../../platform/auth/caller.ts';
import { Requires } from '../../platform/auth/requires.ts';
import { Refuses, Returns } from '../../platform/http/returns.ts';
import { idParam, pageFrom } from '../../platform/http/schemas.ts';
import { EmailNotFound } from './mail.errors.ts';
import { email, emailPage, emailSettings, listEmails, updateEmailSettings } from './mail.schemas.ts';
import { MailService } from './mail.service.ts';

@Controller()
export class MailController {
  constructor(private readonly mail: MailService) {}

  /** Lists the mails to customers, the newest first. */
  @Get('emails')
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, emailPage)
  async listEmails(
    @EnvironmentId() environmentId: string,
    @Query({ schema: listEmails }) query: z.output<typeof listEmails>,
  ) {
    return pageFrom(await this.mail.list(environmentId, query), query.limit);
  }

  @Get('emails/:id')
  @Requires('operations:read', { audience: 'dashboard' })
  @Returns(200, email)
  @Refuses(EmailNotFound)
  getEmail(
    @EnvironmentId() environmentId: string,
    @Param({ schema: idParam }) { id }: z.output<typeof idParam>,
  ) {
    return this.mail.get(environmentId, id);
  }

  @Get('email-settings')
  @Requires('settings:read', { audience: 'dashboard' })
  @Returns(200, emailSettings)
  getEmailSettings(@EnvironmentId() environmentId: string) {
    return this.mail.settings(environmentId);
  }

  /** Says which mails customers get, and who gets their answers. What is left out stays. */
  @Patch('email-settings')
  @Requires('settings:write', { audience: 'dashboard' })
  @Returns(200, emailSettings)
  updateEmailSettings(
    @EnvironmentId() environmentId: string,
    @Body({ schema: updateEmailSettings }) body: z.output<typeof updateEmailSettings>,
  ) {
    return this.mail.updateSettings(environmentId, body);
  }
}
