import type { PortClaim } from './claim-port.ts';
import { needsEmulator, type Settings } from './settings.ts';

/** The ports of the parts that no URL replaces. */
export function neededPorts(settings: Settings): PortClaim[] {
  const { values } = settings;
  const claims: (PortClaim & { needed: boolean })[] = [
    { part: 'web', port: values.WEB_PORT, variable: 'WEB_PORT', needed: true },
    { part: 'api', port: values.API_PORT, variable: 'API_PORT', needed: true },
    {
      part: 'Supabase',
      port: values.SUPABASE_PORT,
      variable: 'SUPABASE_PORT',
      needed: values.SUPABASE_URL === undefined,
    },
    {
      part: 'Postgres',
      port: values.POSTGRES_PORT,
      variable: 'POSTGRES_PORT',
      needed: values.DATABASE_URL === undefined,
    },
    {
      part: 'mail inbox',
      port: values.MAIL_WEB_PORT,
      variable: 'MAIL_WEB_PORT',
      needed: values.SMTP_URL === undefined,
    },
    {
      part: 'SMTP',
      port: values.MAIL_SMTP_PORT,
      variable: 'MAIL_SMTP_PORT',
      needed: values.SMTP_URL === undefined,
    },
    {
      part: 'Redis',
      port: values.REDIS_PORT,
      variable: 'REDIS_PORT',
      needed: values.REDIS_URL === undefined,
    },
    {
      part: 'Stripe emulator',
      port: values.STRIPE_EMULATOR_PORT,
      variable: 'STRIPE_EMULATOR_PORT',
      needed: needsEmulator(settings),
    },
  ];
  return claims.filter(({ needed }) => needed);
}
