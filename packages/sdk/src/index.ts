export { BillingOS, type BillingOSOptions, type TrackOptions } from './client.ts';
export type { Check, CheckOptions } from './core/check.ts';
export {
  APIError,
  AuthenticationError,
  BillingOSError,
  ConflictError,
  ConnectionError,
  InvalidRequestError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServiceUnavailableError,
  TimeoutError,
  UsageQueueFullError,
} from './core/errors.ts';
export { List, type Page } from './core/pagination.ts';
export type { RequestOptions, WriteOptions } from './core/request-options.ts';
export type { SnapshotOptions } from './internal/snapshots.ts';
export type { UsageSpool } from './internal/usage-spool.ts';
export type { Admission, Arrival, Gate, GateOptions, Passage } from './middleware/gate.ts';
export type { Problem } from './middleware/problem.ts';
export type { TrackedUsage } from './internal/usage-queue.ts';
export type { AddOnCreate, AddOnQuery } from './resources/add-ons.ts';
export type { CheckoutSession, CheckoutSessionCreate } from './resources/checkout.ts';
export type { Coupon, CouponCreate, CouponQuery } from './resources/coupons.ts';
export type {
  AutoTopUp,
  CreditBalance,
  CreditEntry,
  CreditEntryQuery,
  CreditGrant,
  CreditGrantCreate,
  CreditGrantQuery,
  CreditPack,
  CreditPackCreate,
  CreditPackQuery,
  CreditTopUp,
  CreditTopUpCreate,
  CreditTopUpQuery,
  TopUpLink,
  TopUpLinkCreate,
} from './resources/credits.ts';
export type {
  Customer,
  CustomerBalance,
  CustomerBalanceAdjust,
  CustomerCreate,
  CustomerPrice,
  CustomerPriceCreate,
  CustomerPriceList,
  CustomerQuery,
  CustomerSpendCap,
  CustomerSpendCapSet,
  CustomerUpdate,
} from './resources/customers.ts';
export type { Dispute, DisputeEvidence, DisputeQuery } from './resources/disputes.ts';
export type {
  ConsumeParams,
  Consumption,
  CustomerEntitlements,
  EntitlementCheck,
  EntitlementCheckQuery,
  EntitlementEvent,
  EntitlementOverride,
  EntitlementOverrideCreate,
  EntitlementOverrideList,
  EntitlementStreamParams,
  MeteredUsage,
  Reservation,
  ReserveParams,
  SettledReservation,
} from './resources/entitlements.ts';
export type { Feature, FeatureCreate, FeatureQuery } from './resources/features.ts';
export type {
  Invoice,
  InvoiceMarkPaid,
  InvoicePay,
  InvoiceQuery,
  InvoiceSummary,
  PaymentOutcome,
} from './resources/invoices.ts';
export {
  type Key,
  type KeyCreate,
  type KeyQuery,
  type KeyRotate,
  type KeyUpdate,
  type KeyVerification,
  type KeyVerify,
  type NewKey,
  type VerificationAnswer,
  verificationAnswer,
} from './resources/keys.ts';
export type { Meter, MeterCreate, MeterQuery, MeterUpdate } from './resources/meters.ts';
export type {
  Plan,
  PlanCreate,
  PlanDraft,
  PlanDraftSave,
  PlanQuery,
  PlanUpdate,
  PlanVersion,
  PlanVersionQuery,
  WrittenPlan,
} from './resources/plans.ts';
export type { Project, ProjectCreate, ProjectQuery, ProjectUpdate } from './resources/projects.ts';
export type {
  CallLogged,
  CallsLogged,
  LoggedCall,
  RequestLog,
  RequestQuery,
  RequestsSummary,
  RequestsSummaryQuery,
} from './resources/requests.ts';
export type {
  BillEstimate,
  ChangePreview,
  Subscription,
  SubscriptionCancel,
  SubscriptionChange,
  SubscriptionCreate,
  SubscriptionPause,
  SubscriptionQuery,
  TrialExtension,
} from './resources/subscriptions.ts';
export type { TrackedBatch, TrackedEvent, UsageEvent, UsageQuery, UsageRecord } from './resources/usage.ts';
export { version } from './version.ts';
