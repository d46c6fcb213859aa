import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../platform/clock.ts';
import { Database } from '../../platform/database/database.ts';
import { type Connection, Connections } from '../../stripe/connections.ts';
import { Intents } from '../../stripe/intents.ts';
import { StripeUnavailable } from '../../stripe/stripe.errors.ts';
import { keepFirstMethod, type SavedCard, savedCard } from '../../stripe/stripe.payment-methods.ts';
import { AuditService } from '../audit/audit.service.ts';
import { CreditsService } from '../credits/credits.service.ts';
import { TopUpsService } from '../credits/top-ups.service.ts';
import { CardForms } from '../customers/card-forms.ts';
import type { cardForm } from '../customers/customer-links.schemas.ts';
import { type CustomerLink, CustomerLinks } from '../customers/customer-links.ts';
import { CustomersService } from '../customers/customers.service.ts';
import { StripeCustomers } from '../customers/stripe-customers.ts';
import { PaymentUnderWay } from '../invoices/invoices.errors.ts';
import { MailService } from '../mail/mail.service.ts';
import { BuyCredits } from './buy-credits.ts';
import { PacksService } from './packs.service.ts';
import type {
  BuyOnPage,
  createTopUpLink,
  topUpLink,
  TopUpPage,
  TopUpPurchase,
} from './top-up-pages.schemas.ts';
import { CardNeeded, TooManyRefusals, TopUpNotFound } from './top-ups.errors.ts';
import type { CreditTopUp } from './top-ups.schemas.ts';

const keepCardIntent = {
  kind: 'customer.keep_card',
  params: z.object({ stripe_customer_id: z.string(), payment_method: z.string() }),
};
const hourMs = 60 * 60 * 1_000;
const packsShown = 50;
const purchasesShown = 5;
/** More than anybody mistypes a card; fewer than stolen cards are tried with. */
const refusalsMaxPerHour = 10;

/** What the page behind a top-up link shows and does: for whoever has the link, and about one customer. */
@Injectable()
export class TopUpPageService implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly links: CustomerLinks,
    private readonly cardForms: CardForms,
    private readonly customers: CustomersService,
    private readonly stripeCustomers: StripeCustomers,
    private readonly packs: PacksService,
    private readonly topUps: TopUpsService,
    private readonly credits: CreditsService,
    private readonly buying: BuyCredits,
    private readonly mail: MailService,
    private readonly connections: Connections,
    private readonly intents: Intents,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.intents.register({
      ...keepCardIntent,
      call: async (wish, { environment_id: environmentId, idempotency_key: key }) =>
        keepFirstMethod(await this.connections.of(environmentId), wish, key),
      recover: 'repeat',
      settle: async () => undefined,
    });
  }

  /** Throws `CustomerNotFound`, `StripeNotConnected`. */
  async makeLink(
    environmentId: string,
    reference: string,
    wish: z.output<typeof createTopUpLink>,
  ): Promise<z.input<typeof topUpLink>> {
    await this.customers.get(environmentId, reference, 'id');
    await this.connections.of(environmentId);
    return this.database.tenant(environmentId, async () => {
      const { id: customerId } = await this.customers.get(environmentId, reference, 'id');
      const expiresAt = new Date(this.clock.now().getTime() + wish.expires_in_hours * hourMs);
      const { id, url } = await this.links.makeForTopUp(environmentId, {
        customer_id: customerId,
        return_url: wish.return_url ?? null,
        expires_at: expiresAt,
      });
      await this.audit.record(environmentId, {
        action: 'top_up_link.created',
        target: { type: 'customer', id: customerId },
        after: { link: id, expires_at: expiresAt },
      });
      return { id, url, expires_at: expiresAt };
    });
  }

  /** Throws `LinkUnknown`, `TooManyGuesses`. */
  async show(token: string, address: string): Promise<TopUpPage> {
    const link = await this.links.open(token, 'top_up', address);
    const { environment_id: environmentId, subject_id: customerId } = link;
    const connection = await this.connections.find(environmentId);
    const { balance } = await this.credits.balance(environmentId, customerId);
    const packs = await this.packs.list(environmentId, { archived: false, limit: packsShown });
    const purchases = await this.buying.list(environmentId, customerId, { limit: purchasesShown });
    return {
      merchant: await this.mail.merchantName(environmentId),
      is_test: connection?.mode !== 'live',
      is_open: connection !== undefined,
      balance,
      packs: packs.slice(0, packsShown).map(({ id, name, credits, price, expires_after_days }) => ({
        id,
        name,
        credits,
        price,
        expires_after_days,
      })),
      saved_card: connection === undefined ? null : await this.savedCard(connection, link),
      purchases: purchases.slice(0, purchasesShown).map(forCustomer),
      return_url: link.return_url,
    };
  }

  /** Asked again, it is the same form until a card was confirmed with it. Throws `StripeNotConnected`. */
  async cardForm(token: string, address: string): Promise<z.input<typeof cardForm>> {
    const link = await this.links.open(token, 'top_up', address);
    return this.cardForms.open(link, await this.customerOnStripe(link));
  }

  /**
   * Buys, once per key of the page. Throws `CardNeeded`, `CardNotConfirmed`, `TooManyRefusals`, and what buying throws.
   */
  async buy(token: string, wish: BuyOnPage, address: string): Promise<TopUpPurchase> {
    const link = await this.links.open(token, 'top_up', address);
    const { environment_id: environmentId, subject_id: customerId } = link;
    // Whoever has a link cannot name the key of another purchase.
    const key = `${link.id}:${wish.idempotency_key}`;
    const isNew = (await this.topUps.findByKey(environmentId, key)) === undefined;
    const card = isNew ? await this.cardToCharge(link, wish.setup_intent) : undefined;
    const bought = await this.buying
      .buy(environmentId, customerId, {
        idempotency_key: key,
        pack: wish.pack,
        packs: wish.packs,
        payment_method: card?.payment_method,
      })
      .catch(async (error: unknown) => {
        // Clicked twice: the other click pays.
        const { id } = (await this.topUps.findByKey(environmentId, key)) ?? {};
        const known = id === undefined ? undefined : await this.buying.find(environmentId, customerId, id);
        if (error instanceof PaymentUnderWay && known !== undefined) {
          return known;
        }
        throw error;
      });
    // Only now, so that a second click is not told that its card was never confirmed.
    if (card !== undefined) {
      await this.cardForms.use(link, card.form);
    }
    return forCustomer(bought);
  }

  /** Throws `LinkUnknown`, `TopUpNotFound`. */
  async purchase(token: string, id: string, address: string): Promise<TopUpPurchase> {
    const link = await this.links.open(token, 'top_up', address);
    const found = await this.buying.find(link.environment_id, link.subject_id, id);
    if (found === undefined) {
      throw new TopUpNotFound(id);
    }
    return forCustomer(found);
  }

  /** What a new purchase is charged with. Undefined: the saved card. */
  private async cardToCharge(
    link: CustomerLink,
    setupIntent: string | undefined,
  ): Promise<{ payment_method: string; form: number } | undefined> {
    const { environment_id: environmentId, subject_id: customerId } = link;
    if ((await this.topUps.refusedInHour(environmentId, customerId)) >= refusalsMaxPerHour) {
      throw new TooManyRefusals();
    }
    const connection = await this.connections.of(environmentId);
    if (setupIntent === undefined) {
      const { stripe_customer_id: id } = await this.customers.get(environmentId, customerId);
      if (id === null || (await savedCard(connection, id)) === null) {
        throw new CardNeeded();
      }
      return undefined;
    }
    const stripeCustomerId = await this.customerOnStripe(link);
    const card = await this.cardForms.confirmed(link, stripeCustomerId, setupIntent);
    await this.intents.perform(environmentId, keepCardIntent, setupIntent, {
      stripe_customer_id: stripeCustomerId,
      payment_method: card.payment_method,
    });
    return card;
  }

  private async customerOnStripe({ environment_id: environmentId, subject_id: id }: CustomerLink) {
    return this.stripeCustomers.ensure(environmentId, await this.customers.get(environmentId, id));
  }

  /** The page is of use without it: whoever sees no saved card enters one. */
  private async savedCard(connection: Connection, link: CustomerLink): Promise<SavedCard | null> {
    const { stripe_customer_id: id } = await this.customers.get(link.environment_id, link.subject_id);
    if (id === null) {
      return null;
    }
    try {
      return await savedCard(connection, id);
    } catch (error) {
      if (error instanceof StripeUnavailable) {
        return null;
      }
      throw error;
    }
  }
}

/** The bank's reason stays with the bank: whoever reads this may not be the holder of the card. */
function forCustomer({
  id,
  credits,
  amount,
  state,
  failure,
  pay_url: url,
  created_at,
}: CreditTopUp): TopUpPurchase {
  const purchase = { id, credits, amount, created_at, confirm_url: null };
  if (state === 'paid') {
    return { ...purchase, state, message: null };
  }
  if (state === 'failed') {
    return { ...purchase, state, message: 'Your bank declined the card. Try another one, or ask your bank.' };
  }
  if (state === 'open' && failure !== null) {
    const message = 'Your bank wants you to confirm this payment.';
    return { ...purchase, state: 'confirm', message, confirm_url: url };
  }
  const message = 'Your bank has not answered yet. Please do not pay twice.';
  return { ...purchase, state: 'under_way', message };
}
