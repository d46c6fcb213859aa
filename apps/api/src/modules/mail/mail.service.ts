import { Injectable } from '@nestjs/common';
import { render, toPlainText } from '@react-email/components';
import type { ReactElement } from 'react';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { newId } from '../../platform/ids.ts';
import { Outbox } from '../../platform/jobs/outbox.ts';
import { type Place, Secrets } from '../../platform/secrets.ts';
import { AuditService } from '../audit/audit.service.ts';
import { EmailNotFound } from './mail.errors.ts';
import { sendEmail } from './mail.jobs.ts';
import { MailRepository } from './mail.repository.ts';
import type { listEmails, updateEmailSettings } from './mail.schemas.ts';

/** A mail to a customer of a merchant. */
export interface NewEmail {
  /** What it is about, and which time: the same is never sent twice. */
  dedupe_key: string;
  kind: string;
  to: string;
  subject: string;
  /** Its words, made only if it is not known yet: it may hold links that are made for it. */
  body: (merchant: { name: string }) => ReactElement | Promise<ReactElement>;
}

const bodySchema = z.object({ html: z.string(), text: z.string() });

/** The secret part of a link: 256 bits in base64url. */
const tokens = /\/(pay|survey)\/[A-Za-z0-9_-]{43}/g;

@Injectable()
export class MailService {
  constructor(
    private readonly database: Database,
    private readonly emails: MailRepository,
    private readonly outbox: Outbox,
    private readonly secrets: Secrets,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Writes a mail and the job that sends it, in the open transaction. One that is known already is not written again. */
  async send(environmentId: string, email: NewEmail): Promise<void> {
    if (!this.database.isTransactionOpen) {
      throw new Error('A mail is written in the transaction that decides it.');
    }
    if (await this.emails.isKnown(environmentId, email.dedupe_key)) {
      return;
    }
    const id = newId('email');
    const element = await email.body({ name: await this.emails.merchantName(environmentId) });
    const html = await render(element);
    const settings = await this.emails.settings(environmentId);
    const isNew = await this.emails.insert(environmentId, {
      id,
      dedupe_key: email.dedupe_key,
      kind: email.kind,
      recipient: email.to,
      reply_to: settings.reply_to,
      subject: email.subject.slice(0, 250),
      body: this.secrets.seal(placeOf(environmentId, id), JSON.stringify({ html, text: toPlainText(html) })),
      created_at: this.clock.now(),
    });
    if (isNew) {
      await this.outbox.add(environmentId, sendEmail, { email_id: id });
    }
  }

  /** What is known of a mail, with its words. Undefined: there is none. */
  async find(environmentId: string, id: string) {
    const row = await this.database.tenant(environmentId, () => this.emails.find(environmentId, id));
    return row === undefined
      ? undefined
      : {
          ...row,
          body:
            row.body === null
              ? null
              : bodySchema.parse(JSON.parse(this.secrets.open(placeOf(environmentId, id), row.body))),
        };
  }

  /** As the dashboard shows it: whoever may read mails may not open their links. Throws `EmailNotFound`. */
  async get(environmentId: string, id: string) {
    const found = await this.find(environmentId, id);
    if (found === undefined) {
      throw new EmailNotFound(id);
    }
    const veiled = (words: string): string => words.replace(tokens, '/$1/…');
    return {
      ...found,
      body: found.body === null ? null : { html: veiled(found.body.html), text: veiled(found.body.text) },
    };
  }

  list(environmentId: string, query: z.output<typeof listEmails>) {
    return this.database.tenant(environmentId, () => this.emails.list(environmentId, query));
  }

  merchantName(environmentId: string): Promise<string> {
    return this.database.tenant(environmentId, () => this.emails.merchantName(environmentId));
  }

  settings(environmentId: string) {
    return this.database.tenant(environmentId, () => this.emails.settings(environmentId));
  }

  updateSettings(environmentId: string, change: z.output<typeof updateEmailSettings>) {
    return this.database.tenant(environmentId, async () => {
      const { reply_to: replyTo, ...switches } = await this.emails.settings(environmentId);
      const { reply_to: newReplyTo = replyTo, ...changed } = change;
      const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
      const settings = { ...switches, ...given, reply_to: newReplyTo };
      await this.emails.saveSettings(environmentId, settings, this.clock.now());
      await this.audit.record(environmentId, {
        action: 'email_settings.changed',
        target: { type: 'environment', id: environmentId },
        after: { ...given, fields: Object.keys(change) },
      });
      return settings;
    });
  }
}

function placeOf(environmentId: string, id: string): Place {
  return { table: 'emails', column: 'body', environment_id: environmentId, row: id };
}
