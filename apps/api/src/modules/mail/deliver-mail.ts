import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { Env } from '../../env.ts';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { JobHandlers } from '../../platform/jobs/job-handlers.ts';
import { Sweeper } from '../../platform/jobs/sweeper.ts';
import { sendEmail } from './mail.jobs.ts';
import { MailRepository } from './mail.repository.ts';
import { MailService } from './mail.service.ts';

const timeoutMs = 20_000;
const purgeEveryMs = 60 * 60 * 1_000;
const keptDays = 90;
const purgedAtOnce = 500;
const day = 24 * 60 * 60 * 1_000;

/** Hands written mails to the mail server, and forgets them when nobody will ask any more. */
@Injectable()
export class DeliverMail implements OnModuleInit, OnApplicationShutdown {
  private transport: Transporter | undefined;

  constructor(
    private readonly env: Env,
    private readonly database: Database,
    private readonly emails: MailRepository,
    private readonly mail: MailService,
    private readonly handlers: JobHandlers,
    private readonly sweeper: Sweeper,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.handlers.register(sendEmail, ({ email_id: id }, { environment_id: environmentId }) =>
      this.deliver(environmentId, id),
    );
    this.sweeper.register({ name: 'mail.purge', every_ms: purgeEveryMs, run: () => this.purge() });
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }

  /**
   * Sends a mail unless it was sent. A crash between the mail server's answer and our note of it sends it again, under
   * the same Message-ID, by which mailboxes know it.
   */
  async deliver(environmentId: string, id: string): Promise<void> {
    const email = await this.mail.find(environmentId, id);
    if (email === undefined || email.state === 'sent' || email.body === null) {
      return;
    }
    const from = this.env.get('MAIL_FROM');
    const name = await this.database.tenant(environmentId, () => this.emails.merchantName(environmentId));
    try {
      await this.connect().sendMail({
        messageId: `<${id}@${from.slice(from.indexOf('@') + 1)}>`,
        from: { name, address: from },
        to: email.to,
        ...(email.reply_to === null ? {} : { replyTo: email.reply_to }),
        subject: email.subject,
        html: email.body.html,
        text: email.body.text,
      });
    } catch (error) {
      // What a mail server says can name the recipient: the code tells enough.
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      const failure = new Error(`The mail server did not take it (${code}).`);
      await this.settle(environmentId, id, { state: 'failed', error: failure.message });
      throw failure;
    }
    await this.settle(environmentId, id, { state: 'sent', sent_at: this.clock.now(), error: null });
  }

  /** Forgets the bodies and addresses of mails older than 90 days. */
  async purge(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - keptDays * day);
    while ((await this.emails.purge(before, now, purgedAtOnce)) === purgedAtOnce);
  }

  private connect(): Transporter {
    const url = this.env.get('SMTP_URL');
    if (url === undefined) {
      throw Object.assign(new Error('SMTP_URL is not set.'), { code: 'no_smtp_url' });
    }
    this.transport ??= createTransport({
      url,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
    });
    return this.transport;
  }

  private settle(
    environmentId: string,
    id: string,
    outcome: Parameters<MailRepository['settle']>[2],
  ): Promise<void> {
    return this.database.tenant(environmentId, () => this.emails.settle(environmentId, id, outcome));
  }
}
