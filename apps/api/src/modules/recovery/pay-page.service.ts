import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../platform/database/database.ts';
import { Connections } from '../../stripe/connections.ts';
import { isFinalDecline } from '../../stripe/decline.ts';
import { Intents } from '../../stripe/intents.ts';
import { chargeWith } from '../../stripe/stripe.payment-methods.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CardForms } from '../customers/card-forms.ts';
import { LinkUnknown } from '../customers/customer-links.errors.ts';
import type { cardForm } from '../customers/customer-links.schemas.ts';
import { CustomerLinks } from '../customers/customer-links.ts';
import { InvoiceNotOpen, PaymentUnderWay } from '../invoices/invoices.errors.ts';
import { InvoicesService } from '../invoices/invoices.service.ts';
import { PayInvoice } from '../invoices/pay-invoice.ts';
import { MailService } from '../mail/mail.service.ts';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.ts';
import { RecoverPayment } from './recover-payment.ts';
import { NothingToPay } from './recovery.errors.ts';
import { RecoveryRepository } from './recovery.repository.ts';
import type { payOutcome, payPage } from './recovery.schemas.ts';

const chargeWithIntent = {
  kind: 'customer.charge_with',
  params: z.object({
    stripe_customer_id: z.string(),
    stripe_subscription_id: z.string(),
    payment_method: z.string(),
  }),
};

/** What the page behind a pay link shows and does: for whoever has the link, and about one invoice. */
@Injectable()
export class PayPageService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly links: CustomerLinks,
    private readonly cardForms: CardForms,
    private readonly recoveries: RecoveryRepository,
    private readonly recoverPayment: RecoverPayment,
    private readonly invoices: InvoicesService,
    private readonly payInvoice: PayInvoice,
    private readonly subscriptions: SubscriptionsService,
    private readonly mail: MailService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...chargeWithIntent,
      call: async (wish, { environment_id: environmentId, idempotency_key: key }) =>
        chargeWith(await this.connections.of(environmentId), wish, key),
      recover: 'repeat',
      settle: async (environmentId, { stripe_customer_id: id }) => {
        await this.audit.record(environmentId, {
          action: 'customer.card_changed',
          target: { type: 'stripe_customer', id },
        });
      },
    });
  }

  /** Throws `LinkUnknown`, `TooManyGuesses`. */
  async show(token: string, address: string): Promise<z.input<typeof payPage>> {
    const { environment_id: environmentId, subject_id: recoveryId } = await this.links.open(
      token,
      'pay',
      address,
    );
    const { recovery, invoice } = await this.find(environmentId, recoveryId);
    const { is_payment_under_way: isUnderWay, lines, ...rest } = invoice;
    const connection = await this.connections.find(environmentId);
    return {
      merchant: await this.mail.merchantName(environmentId),
      is_test: connection?.mode !== 'live',
      state: stateOf(rest.status, isUnderWay, connection !== undefined),
      number: rest.number,
      due: rest.amount_remaining,
      total: rest.total,
      paid_at: rest.paid_at,
      needs_new_card: recovery.is_hard_decline,
      lines: lines.map((line) => ({
        description: line.description ?? 'Subscription',
        amount: line.amount,
        period_start: line.period_start,
        period_end: line.period_end,
      })),
    };
  }

  /** What a card form needs. Asked again, it is the same one until a card was confirmed with it. Throws `NothingToPay`. */
  async cardForm(token: string, address: string): Promise<z.input<typeof cardForm>> {
    const link = await this.links.open(token, 'pay', address);
    const { environment_id: environmentId, subject_id: recoveryId } = link;
    const { invoice, customerId } = await this.find(environmentId, recoveryId);
    if (invoice.status !== 'open' || customerId === null) {
      throw new NothingToPay();
    }
    return this.cardForms.open(link, customerId);
  }

  /** Pays with the card that was confirmed, and charges with it from now on. Throws `CardNotConfirmed`, `NothingToPay`. */
  async pay(token: string, setupIntent: string, address: string): Promise<z.input<typeof payOutcome>> {
    const link = await this.links.open(token, 'pay', address);
    const { environment_id: environmentId, subject_id: recoveryId } = link;
    const { recovery, invoice, customerId } = await this.find(environmentId, recoveryId);
    if (invoice.status === 'paid') {
      return { outcome: 'paid', message: null, confirm_url: null };
    }
    if (invoice.status !== 'open' || customerId === null) {
      throw new NothingToPay();
    }
    const { payment_method: method, form } = await this.cardForms.confirmed(link, customerId, setupIntent);
    const subscription = await this.subscriptions.get(environmentId, recovery.subscription_id);
    await this.intents.perform(environmentId, chargeWithIntent, setupIntent, {
      stripe_customer_id: customerId,
      stripe_subscription_id: subscription.stripe_subscription_id ?? '',
      payment_method: method,
    });
    await this.cardForms.use(link, form);
    const outcome = await this.tryToPay(environmentId, invoice.id, method);
    await this.recoverPayment.review(environmentId, invoice.id);
    return outcome;
  }

  private async tryToPay(
    environmentId: string,
    invoiceId: string,
    method: string,
  ): Promise<z.input<typeof payOutcome>> {
    const underWay = {
      outcome: 'under_way',
      message: 'Your bank has not answered yet. You will get a mail; please do not pay twice.',
      confirm_url: null,
    } as const;
    try {
      const { outcome, decline } = await this.payInvoice.pay(environmentId, invoiceId, {
        payment_method: method,
        off_session: false,
      });
      if (outcome === 'unknown') {
        return underWay;
      }
      const invoice = await this.invoices.find(environmentId, invoiceId);
      return {
        outcome,
        message: decline === null ? null : forCustomer(decline),
        confirm_url: outcome === 'requires_action' ? invoice.hosted_invoice_url : null,
      };
    } catch (error) {
      if (error instanceof PaymentUnderWay) {
        return underWay;
      }
      if (error instanceof InvoiceNotOpen) {
        const { status } = await this.invoices.find(environmentId, invoiceId);
        return { outcome: status === 'paid' ? 'paid' : 'closed', message: null, confirm_url: null };
      }
      throw error;
    }
  }

  private async find(environmentId: string, recoveryId: string) {
    const recovery = await this.database.tenant(environmentId, () =>
      this.recoveries.find(environmentId, recoveryId),
    );
    if (recovery === undefined) {
      throw new LinkUnknown();
    }
    return {
      recovery,
      invoice: await this.invoices.get(environmentId, recovery.invoice_id),
      customerId: recovery.stripe_customer_id,
    };
  }
}

function stateOf(status: string, isUnderWay: boolean, isConnected: boolean) {
  if (status === 'paid') {
    return 'paid' as const;
  }
  if (status !== 'open' || !isConnected) {
    return 'closed' as const;
  }
  return isUnderWay ? ('under_way' as const) : ('open' as const);
}

/** The bank's reason stays with the bank: whoever reads this may not be the holder of the card. */
function forCustomer({ code }: { code: string }): string {
  if (code === 'insufficient_funds') {
    return 'The card does not have enough on it. Try another one.';
  }
  if (code === 'expired_card') {
    return 'The card has expired. Try another one.';
  }
  if (code === 'authentication_required') {
    return 'Your bank wants you to confirm this payment.';
  }
  return isFinalDecline(code)
    ? 'Your bank does not accept this card. Please use another one.'
    : 'Your bank declined the card. Try another one, or ask your bank.';
}
