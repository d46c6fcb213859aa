import type { paths } from '@billingos/sdk/openapi';

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type Responses<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { responses: infer R }
  ? R
  : never;
type Answer<P extends keyof paths, M extends keyof paths[P]> =
  | (Responses<P, M> extends { 200: infer R } ? Json<R> : never)
  | (Responses<P, M> extends { 201: infer R } ? Json<R> : never);
type Row<P extends keyof paths> = Answer<P, 'get' & keyof paths[P]> extends { data: (infer R)[] } ? R : never;
type Body<P extends keyof paths> = paths[P] extends { post: { requestBody?: infer B } }
  ? Json<NonNullable<B>>
  : never;

export type Me = Answer<'/api/v1/me', 'get'>;
export type Merchant = Me['merchants'][number];
export type Environment = Merchant['environments'][number];

export type Customer = Row<'/api/v1/customers'>;
export type Feature = Row<'/api/v1/features'>;
export type Plan = Row<'/api/v1/plans'>;
export type PlanVersion = Row<'/api/v1/plans/{id}/versions'>;
export type PlanMigration = Row<'/api/v1/plans/{id}/migrations'>;
export type NewMigration = Body<'/api/v1/plans/{id}/migrations'>;
export type Coupon = Row<'/api/v1/coupons'>;
export type NewCoupon = Body<'/api/v1/coupons'>;
export type NewPlan = Body<'/api/v1/plans'>;
export type NewFeature = Body<'/api/v1/features'>;
export type Subscription = Row<'/api/v1/subscriptions'>;
export type SubscriptionStatus = Subscription['status'];
export type SubscriptionChange = Body<'/api/v1/subscriptions/{id}/change'>;
export type ChangePreview = Answer<'/api/v1/subscriptions/{id}/preview-change', 'post'>;
export type InvoiceSummary = Row<'/api/v1/invoices'>;
export type Invoice = Answer<'/api/v1/invoices/{id}', 'get'>;
export type InvoiceStatus = Invoice['status'];
export type NewCreditNote = Body<'/api/v1/invoices/{id}/credit-notes'>;
export type Recovery = Row<'/api/v1/recoveries'>;
export type RecoverySettings = Answer<'/api/v1/recovery-settings', 'get'>;
export type InvoiceSettings = Answer<'/api/v1/invoice-settings', 'get'>;
export type UsageSettings = Answer<'/api/v1/usage-settings', 'get'>;
export type SubscriptionSettings = Answer<'/api/v1/subscription-settings', 'get'>;
export type Alert = Row<'/api/v1/alerts'>;
export type ReconciliationRun = Row<'/api/v1/reconciliation/runs'>;
export type Discrepancy = Row<'/api/v1/reconciliation/discrepancies'>;
export type NewOverride = Body<'/api/v1/customers/{id}/entitlement-overrides'>;
export type CreditBalance = Answer<'/api/v1/customers/{id}/credits', 'get'>;
export type CreditEntry = Row<'/api/v1/customers/{id}/credits/entries'>;
export type CreditPack = Row<'/api/v1/credits/packs'>;
export type NewCreditPack = Body<'/api/v1/credits/packs'>;
export type CreditTopUp = Row<'/api/v1/customers/{id}/credits/top-ups'>;
export type AutoTopUp = Answer<'/api/v1/customers/{id}/credits/auto-top-up', 'get'>;
export type SpendCap = Answer<'/api/v1/customers/{id}/spend-cap', 'get'>;
export type BillEstimate = Answer<'/api/v1/subscriptions/{id}/estimate', 'get'>;
export type CreditGrant = Answer<'/api/v1/customers/{id}/credits/grants', 'get'>['data'][number];
export type Entitlement = Answer<'/api/v1/customers/{id}/entitlements', 'get'>['features'][number];
export type RequestsSummary = Answer<'/api/v1/requests/summary', 'get'>;
export type RequestGroup = NonNullable<
  NonNullable<paths['/api/v1/requests/summary']['get']['parameters']['query']>['group_by']
>;
export type ConsumerKey = Row<'/api/v1/keys'>;
export type Project = Row<'/api/v1/projects'>;
export type Dispute = Row<'/api/v1/disputes'>;
export type Email = Row<'/api/v1/emails'>;
export type EmailSettings = Answer<'/api/v1/email-settings', 'get'>;
export type CustomerPrice = Row<'/api/v1/customers/{id}/prices'>;
export type UsageEvent = Row<'/api/v1/usage/events'>;
export type Meter = Row<'/api/v1/meters'>;
export type UsageRecord = Row<'/api/v1/usage'>;
export type UsageExploration = Answer<'/api/v1/usage/explore', 'get'>;
export type ApiKey = Row<'/api/v1/api-keys'>;
export type NewApiKey = Body<'/api/v1/api-keys'>;
export type StripeAccount = Answer<'/api/v1/stripe-account', 'get'>;
export type StripeImport = Row<'/api/v1/stripe-imports'>;
export type StripeImportItem = Row<'/api/v1/stripe-imports/{id}/items'>;
export type OnboardingStep = Answer<'/api/v1/onboarding', 'get'>['steps'][number];
export type Job = Row<'/api/v1/jobs'>;
export type WebhookEvent = Row<'/api/v1/webhook-events'>;
export type AuditEntry = Row<'/api/v1/audit-log'>;
export type Money = NonNullable<Plan['prices'][number]['amount']>;
export type Interval = Plan['prices'][number]['interval'];
