import {
  Activity,
  ChartColumn,
  FileText,
  KeySquare,
  Mail,
  ShieldAlert,
  Bell,
  BellRing,
  Blocks,
  BookOpenText,
  Coins,
  CreditCard,
  Gauge,
  HandCoins,
  House,
  Import,
  KeyRound,
  ListChecks,
  ReceiptText,
  Percent,
  Repeat,
  RotateCcw,
  Scale,
  ScrollText,
  Settings,
  Sparkles,
  Tags,
  TicketPercent,
  Users,
  Webhook,
  type LucideIcon,
} from 'lucide-react';

export type NavigationItem = { path: string; label: string; icon: LucideIcon };

/** The sidebar, group by group. A path is relative to the environment. */
export const navigation: readonly { label: string | null; items: readonly NavigationItem[] }[] = [
  {
    label: null,
    items: [
      { path: '', label: 'Home', icon: House },
      { path: 'customers', label: 'Customers', icon: Users },
      { path: 'subscriptions', label: 'Subscriptions', icon: Repeat },
      { path: 'invoices', label: 'Invoices', icon: ReceiptText },
      { path: 'disputes', label: 'Disputes', icon: ShieldAlert },
      { path: 'recovery', label: 'Payment recovery', icon: HandCoins },
      { path: 'alerts', label: 'Alerts', icon: Bell },
      { path: 'usage', label: 'Usage', icon: Gauge },
    ],
  },
  {
    label: 'Catalog',
    items: [
      { path: 'plans', label: 'Plans', icon: Tags },
      { path: 'features', label: 'Features', icon: Blocks },
      { path: 'credit-packs', label: 'Credit packs', icon: Coins },
      { path: 'coupons', label: 'Coupons', icon: TicketPercent },
    ],
  },
  {
    label: 'Your API',
    items: [
      { path: 'api-analytics', label: 'API analytics', icon: ChartColumn },
      { path: 'consumer-keys', label: 'Consumer keys', icon: KeySquare },
    ],
  },
  {
    label: 'Developers',
    items: [
      { path: 'developers/quickstart', label: 'Quickstart', icon: BookOpenText },
      { path: 'developers/api-keys', label: 'API keys', icon: KeyRound },
      { path: 'developers/webhook-events', label: 'Webhook inbox', icon: Webhook },
      { path: 'developers/usage-events', label: 'Usage events', icon: Activity },
      { path: 'developers/jobs', label: 'Jobs', icon: ListChecks },
      { path: 'reconciliation', label: 'Reconciliation', icon: Scale },
    ],
  },
  {
    label: 'Settings',
    items: [
      { path: 'settings/general', label: 'General', icon: Settings },
      { path: 'settings/plan', label: 'Plan', icon: Sparkles },
      { path: 'settings/stripe', label: 'Stripe', icon: CreditCard },
      { path: 'settings/stripe-import', label: 'Import', icon: Import },
      { path: 'settings/notifications', label: 'Notifications', icon: BellRing },
      { path: 'settings/emails', label: 'E-mails', icon: Mail },
      { path: 'settings/payment-recovery', label: 'Retries and disputes', icon: RotateCcw },
      { path: 'settings/invoicing', label: 'Manual invoicing', icon: FileText },
      { path: 'settings/subscriptions', label: 'Tax, trials, upgrades', icon: Percent },
      { path: 'settings/audit-log', label: 'Audit log', icon: ScrollText },
    ],
  },
];
