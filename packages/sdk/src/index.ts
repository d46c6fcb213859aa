export { BillingOS, type BillingOSOptions } from './client.ts';
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
export type { ConsumeOptions, RequestOptions, TrackOptions, WriteOptions } from './core/request-options.ts';
export type { SnapshotOptions } from './internal/snapshots.ts';
export type { UsageSpool } from './internal/usage-spool.ts';
export type { Admission, Arrival, Gate, GateOptions, Passage } from './middleware/gate.ts';
export type { Problem } from './middleware/problem.ts';
export type { TrackedUsage } from './internal/usage-queue.ts';
export type { AddOnCreate, AddOnQuery, AddOns } from './resources/add-ons.ts';
export type { Checkout, CheckoutSession, CheckoutSessionCreate } from './resources/checkout.ts';
export type { Coupon, CouponCreate, CouponQuery, Coupons } from './resources/coupons.ts';
export type {
  AutoTopUp,
  AutoTopUpSet,
  CreditBalance,
  CreditBalanceUpdate,
  CreditEntry,
  CreditEntryQuery,
  CreditGrant,
  CreditGrantCreate,
  CreditGrantQuery,
  CreditPack,
  CreditPackCreate,
  CreditPackQuery,
  Credits,
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
  Customers,
  CustomerSpendCap,
  CustomerSpendCapSet,
  CustomerUpdate,
} from './resources/customers.ts';
export type { Dispute, DisputeEvidence, DisputeQuery, Disputes } from './resources/disputes.ts';
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
  Entitlements,
  EntitlementStreamParams,
  MeteredUsage,
  Reservation,
  ReserveParams,
  SettledReservation,
} from './resources/entitlements.ts';
export type { Feature, FeatureCreate, FeatureQuery, Features } from './resources/features.ts';
export type {
  CreditNote,
  CreditNoteCreate,
  Invoice,
  InvoiceMarkPaid,
  InvoicePay,
  InvoiceQuery,
  Invoices,
  InvoiceSummary,
  PaymentOutcome,
  Refund,
  RefundCreate,
  RefundQuery,
} from './resources/invoices.ts';
export {
  type Key,
  type KeyCreate,
  type KeyQuery,
  type KeyRotate,
  type Keys,
  type KeyUpdate,
  type KeyVerification,
  type KeyVerify,
  type NewKey,
  type VerificationAnswer,
  verificationAnswer,
} from './resources/keys.ts';
export type { Meter, MeterCreate, MeterQuery, Meters, MeterUpdate } from './resources/meters.ts';
export type {
  Plan,
  PlanCreate,
  PlanDraft,
  PlanDraftSave,
  PlanQuery,
  Plans,
  PlanUpdate,
  PlanVersion,
  PlanVersionQuery,
  WrittenPlan,
} from './resources/plans.ts';
export type { Project, ProjectCreate, ProjectQuery, Projects, ProjectUpdate } from './resources/projects.ts';
export type {
  CallLogged,
  CallsLogged,
  LoggedCall,
  RequestLog,
  RequestQuery,
  Requests,
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
  Subscriptions,
  TrialExtension,
} from './resources/subscriptions.ts';
export type {
  TrackedBatch,
  TrackedEvent,
  Usage,
  UsageCorrection,
  UsageEvent,
  UsageEventEntry,
  UsageEventQuery,
  UsageExploration,
  UsageExploreQuery,
  UsageQuery,
  UsageRecord,
} from './resources/usage.ts';
export { version } from './version.ts';
