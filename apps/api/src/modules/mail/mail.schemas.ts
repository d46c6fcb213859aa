import { z } from 'zod';
import { pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';

export const emailStates = ['pending', 'sent', 'failed'] as const;

const emailSummary = z
  .object({
    id: z.string(),
    kind: z.string().describe('What it is about: recovery.failed, trial_ending, …'),
    to: z.string().describe('`purged` 90 days after it was written.'),
    subject: z.string(),
    state: z.enum(emailStates),
    error: z.string().nullable().describe('Why the last attempt to send it failed.'),
    created_at: timestamp,
    sent_at: timestamp.nullable(),
  })
  .meta({ id: 'EmailSummary' });
export const emailPage = pageOf(emailSummary).meta({ id: 'EmailList' });
export const listEmails = pageQuery.extend({ state: z.enum(emailStates).optional() });

export const email = emailSummary
  .extend({
    reply_to: z.string().nullable(),
    body: z
      .object({ html: z.string(), text: z.string() })
      .nullable()
      .describe('With the secret part of its links left out. Null 90 days after it was written.'),
  })
  .meta({ id: 'Email' });

const switches = {
  trial_ending: z.boolean().describe('Three days before a trial ends.'),
  trial_ended: z.boolean().describe('When a trial has ended.'),
  renewal: z.boolean().describe('Seven days before a yearly subscription renews.'),
  subscription_started: z.boolean().describe('When a subscription has begun.'),
  subscription_ended: z.boolean().describe('When a subscription has ended.'),
  payment_recovery: z.boolean().describe('When a payment failed, and before it is tried again.'),
};

export const emailSettings = z
  .object({ reply_to: z.string().nullable().describe('Who gets the answers.'), ...switches })
  .meta({ id: 'EmailSettings' });
export const updateEmailSettings = z
  .strictObject({ reply_to: z.email().max(320).pipe(text).nullable(), ...switches })
  .partial();
