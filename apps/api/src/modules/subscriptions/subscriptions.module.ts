import { Module } from '@nestjs/common';
import { StripeModule } from '../../stripe/stripe.module.ts';
import { AuditModule } from '../audit/audit.module.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CreditsModule } from '../credits/credits.module.ts';
import { CustomersModule } from '../customers/customers.module.ts';
import { EntitlementsModule } from '../entitlements/entitlements.module.ts';
import { MailModule } from '../mail/mail.module.ts';
import { MerchantsModule } from '../merchants/merchants.module.ts';
import { CarriesRepository } from './carries.repository.ts';
import { CarryUsage } from './carry-usage.ts';
import { CancelSubscription } from './cancel-subscription.ts';
import { CompareSubscriptions } from './compare-subscriptions.ts';
import { CreateManualSubscription } from './create-manual-subscription.ts';
import { CreateSubscription } from './create-subscription.ts';
import { OpenCheckout } from './open-checkout.ts';
import { Sales } from './sale.ts';
import { ChangeSubscription } from './change-subscription.ts';
import { MigratePlan } from './migrate-plan.ts';
import { PlanMigrationsController } from './plan-migrations.controller.ts';
import { PlanMigrationsRepository } from './plan-migrations.repository.ts';
import { ManualSubscriptions } from './manual-subscriptions.ts';
import { ManualSubscriptionsRepository } from './manual-subscriptions.repository.ts';
import { MoveTrial } from './move-trial.ts';
import { PauseSubscription } from './pause-subscription.ts';
import { RecurringSales } from './recurring-sales.ts';
import { PlanChange } from './plan-change.ts';
import { SubscriptionSettings } from './subscription-settings.service.ts';
import { UndoChange } from './undo-change.ts';
import { GrantSubscription } from './grant-subscription.ts';
import { SubscriptionTermsRepository } from './subscription-terms.repository.ts';
import { SuspendSubscription } from './suspend-subscription.ts';
import { RemindCustomers } from './remind-customers.ts';
import { RemindersRepository } from './reminders.repository.ts';
import { UsageModule } from '../usage/usage.module.ts';
import { SubscriptionsController } from './subscriptions.controller.ts';
import { SubscriptionsRepository } from './subscriptions.repository.ts';
import { SubscriptionsService } from './subscriptions.service.ts';
import { SyncCustomer } from './sync-customer.ts';
import { TakeOverSubscription } from './take-over-subscription.ts';

@Module({
  imports: [
    MailModule,
    StripeModule,
    AuditModule,
    MerchantsModule,
    CustomersModule,
    CatalogModule,
    CreditsModule,
    EntitlementsModule,
    UsageModule,
  ],
  controllers: [SubscriptionsController, PlanMigrationsController],
  providers: [
    SubscriptionsService,
    RemindCustomers,
    RemindersRepository,
    CompareSubscriptions,
    SubscriptionsRepository,
    SubscriptionTermsRepository,
    GrantSubscription,
    CarriesRepository,
    CarryUsage,
    RecurringSales,
    SuspendSubscription,
    Sales,
    CreateManualSubscription,
    CreateSubscription,
    ManualSubscriptions,
    ManualSubscriptionsRepository,
    CancelSubscription,
    ChangeSubscription,
    PlanChange,
    UndoChange,
    PauseSubscription,
    MoveTrial,
    SubscriptionSettings,
    OpenCheckout,
    MigratePlan,
    PlanMigrationsRepository,
    SyncCustomer,
    TakeOverSubscription,
  ],
  exports: [
    CompareSubscriptions,
    SyncCustomer,
    SubscriptionsService,
    SuspendSubscription,
    CancelSubscription,
    ChangeSubscription,
    OpenCheckout,
    ManualSubscriptions,
    PauseSubscription,
  ],
})
export class SubscriptionsModule {}
