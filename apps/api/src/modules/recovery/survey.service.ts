import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { AuditService } from '../audit/audit.service.ts';
import { MailService } from '../mail/mail.service.ts';
import { CustomerLinks } from '../customers/customer-links.ts';
import { RecoveryRepository } from './recovery.repository.ts';
import type { answerSurvey, surveyPage } from './recovery.schemas.ts';

type Page = z.input<typeof surveyPage>;

/** Asks a customer who was lost why, once. */
@Injectable()
export class SurveyService {
  constructor(
    private readonly database: Database,
    private readonly links: CustomerLinks,
    private readonly recoveries: RecoveryRepository,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Throws `LinkUnknown`, `TooManyGuesses`. */
  async show(token: string, address: string): Promise<Page> {
    const { environment_id: environmentId, subject_id: id } = await this.links.open(token, 'survey', address);
    const answers = await this.database.tenant(environmentId, () =>
      this.recoveries.winBacks(environmentId, [id]),
    );
    return { merchant: await this.mail.merchantName(environmentId), is_answered: answers.length > 0 };
  }

  /** Stores the answer. A second one changes nothing. Throws `LinkUnknown`, `TooManyGuesses`. */
  async answer(token: string, answer: z.output<typeof answerSurvey>, address: string): Promise<Page> {
    const { environment_id: environmentId, subject_id: id } = await this.links.open(token, 'survey', address);
    await this.database.tenant(environmentId, async () => {
      const isFirst = await this.recoveries.insertWinBack(environmentId, {
        recovery_id: id,
        reason: answer.reason,
        comment: answer.comment === '' ? null : (answer.comment ?? null),
        would_return: answer.would_return ?? null,
        created_at: this.clock.now(),
      });
      if (isFirst) {
        await this.audit.record(environmentId, {
          action: 'recovery.survey_answered',
          target: { type: 'recovery', id },
          after: { reason: answer.reason },
        });
      }
    });
    return { merchant: await this.mail.merchantName(environmentId), is_answered: true };
  }
}
