import { z } from 'zod';
import { money, pageOf, pageQuery, text, timestamp } from '../../platform/http/schemas.ts';
import { finalActions, owners } from './recovery.ts';

export const recoveryStates = ['recovering', 'recovered', 'failed', 'stopped'] as const;
export const lostReasons = [
  'too_expensive',
  'missing_features',
  'switched',
  'not_used',
  'problems',
  'other',
] as const;

const retryDays = z
  .array(z.int().min(1).max(60))
  .min(1)
  .max(8)
  .refine((days) => days.every((day, at) => at === 0 || day > (days[at - 1] ?? 0)), 'must ascend')
  .describe('Days after the first failure on which it is tried again.');

const settings = {
  owner: z
    .enum(owners)
    .describe(
      'Who tries again. stripe: leave the attempts to Stripe’s own retries. An invoice that Stripe means to try again is always left to it.',
    ),
  retry_days: retryDays,
  grace_days: z
    .int()
    .min(0)
    .max(21)
    .nullable()
    .describe('How many days access stays after the first failure. Null: until the recovery has ended.'),
  final_action: z
    .enum(finalActions)
    .describe(
      'What becomes of the subscription when nothing helped. keep: it stays past due, without access.',
    ),
  survey: z.boolean().describe('Ask customers who were lost why.'),
};
export const recoverySettings = z.object(settings).meta({ id: 'RecoverySettings' });
export const updateRecoverySettings = z.strictObject(settings).partial();

const winBack = z.object({
  reason: z.enum(lostReasons),
  comment: z.string().nullable(),
  would_return: z.boolean().nullable(),
  answered_at: timestamp,
});

export const recovery = z
  .object({
    id: z.string(),
    invoice: z.string(),
    customer: z.object({
      id: z.string(),
      external_id: z.string().nullable(),
      name: z.string().nullable(),
      email: z.string().nullable(),
    }),
    subscription: z.string(),
    state: z.enum(recoveryStates),
    owner: z.enum(owners),
    amount: money.describe('What was to be paid when it failed first.'),
    recovered: money.describe('What was paid after all.'),
    failures: z.int(),
    attempts: z.int().describe('How often BillingOS tried again.'),
    decline_code: z.string().nullable().describe('Why the last attempt failed, as the bank says.'),
    needs_new_card: z
      .boolean()
      .describe('The card will not pay any more: nothing is tried until there is another.'),
    next_attempt_at: timestamp.nullable(),
    access_ended_at: timestamp.nullable().describe('When the days of grace were over.'),
    final_action: z.enum(finalActions).nullable(),
    first_failed_at: timestamp,
    ended_at: timestamp.nullable(),
    win_back: winBack.nullable().describe('What the customer answered to the survey.'),
    version: z.int(),
  })
  .meta({ id: 'Recovery' });
export const recoveryPage = pageOf(recovery).meta({ id: 'RecoveryList' });
export const listRecoveries = pageQuery.extend({ state: z.enum(recoveryStates).optional() });

export const recoveriesSummary = z
  .object({
    days: z.int(),
    by_currency: z.array(
      z.object({
        currency: z.string(),
        recovering: z.int(),
        open: money.describe('What is being recovered now.'),
        recovered_count: z.int(),
        recovered: money.describe('Paid after a first failure, in the last `days` days.'),
        lost_count: z.int(),
        lost: money,
        rate: z
          .number()
          .nullable()
          .describe('Recovered of all that ended, by count, 0 to 1. Null: none ended.'),
      }),
    ),
  })
  .meta({ id: 'RecoveriesSummary' });
export const summaryQuery = z.strictObject({ days: z.coerce.number().int().min(1).max(366).default(90) });

// What somebody with a link may see and say --------------------------------------------------------------------------

export const payPage = z
  .object({
    merchant: z.string(),
    is_test: z.boolean(),
    state: z.enum(['open', 'under_way', 'paid', 'closed']),
    number: z.string().nullable(),
    due: money,
    total: money,
    paid_at: timestamp.nullable(),
    needs_new_card: z.boolean(),
    lines: z.array(
      z.object({
        description: z.string(),
        amount: money,
        period_start: timestamp.nullable(),
        period_end: timestamp.nullable(),
      }),
    ),
  })
  .meta({ id: 'PayPage' });

export const payWithCard = z.strictObject({ setup_intent: text.min(1).max(255) });
export const payOutcome = z
  .object({
    outcome: z.enum(['paid', 'declined', 'requires_action', 'under_way', 'closed']),
    message: z.string().nullable().describe('For the customer.'),
    confirm_url: z.string().nullable().describe('Where the bank’s confirmation is asked for.'),
  })
  .meta({ id: 'PayOutcome' });

export const surveyPage = z
  .object({ merchant: z.string(), is_answered: z.boolean() })
  .meta({ id: 'SurveyPage' });
export const answerSurvey = z.strictObject({
  reason: z.enum(lostReasons),
  comment: text.trim().max(2_000).optional(),
  would_return: z.boolean().optional(),
});
