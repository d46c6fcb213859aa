import { z } from 'zod';

const url = z.url();
const port = z.coerce.number().int().min(1).max(65535);
/** `whsec_a,whsec_b`: while a secret is being rotated, both are accepted. */
const secretList = z
  .string()
  .default('')
  .transform((list) => list.split(',').filter((secret) => secret !== ''));

/** Addresses and networks: `10.0.0.0/8,::1`. */
const addressList = z
  .string()
  .default('')
  .transform((list) => list.split(',').filter((address) => address !== ''));
const perMinute = z.coerce.number().int().min(1);

/** A key for development and tests, which production refuses. */
const developmentSecretsKey = 'ZGV2ZWxvcG1lbnQgb25seSwgbmV2ZXIgcHJvZHVjdGk';
/** `NEW,OLD`: each 32 bytes in base64url. The first seals, all of them open. */
const secretsKeys = z
  .string()
  .default(developmentSecretsKey)
  .transform((list) => list.split(',').map((key) => Buffer.from(key, 'base64url')))
  .refine((keys) => keys.every((key) => key.byteLength === 32), 'each key must be 32 bytes in base64url');

const variables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  API_PORT: port.default(3001),
  WORKER_PORT: port.optional(),
  API_URL: url.default('http://localhost:3001'),
  WEB_URL: url.default('http://localhost:3000'),
  DATABASE_URL: url,
  DATABASE_POOL_MAX: z.coerce.number().int().min(2).max(200).default(10),
  REDIS_URL: url,
  REDIS_TOPOLOGY: z.enum(['single', 'cluster']).default('single'),
  SUPABASE_URL: url,
  STRIPE_TEST_SECRET_KEY: z.string().startsWith('sk_test_').or(z.string().startsWith('rk_test_')).optional(),
  STRIPE_LIVE_SECRET_KEY: z.string().startsWith('sk_live_').or(z.string().startsWith('rk_live_')).optional(),
  STRIPE_TEST_WEBHOOK_SECRETS: secretList,
  STRIPE_LIVE_WEBHOOK_SECRETS: secretList,
  STRIPE_EMULATOR_URL: url.optional(),
  STRIPE_EVENTS: z.enum(['webhook', 'poll']).default('webhook'),
  USAGE_FORWARD_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  SECRETS_KEY: secretsKeys,
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.email().default('no-reply@billingos.test'),
  STRIPE_TEST_PUBLISHABLE_KEY: z.string().startsWith('pk_test_').optional(),
  STRIPE_LIVE_PUBLISHABLE_KEY: z.string().startsWith('pk_live_').optional(),
  MERCHANT_URLS_LOOPBACK: z.enum(['refuse', 'allow']).default('refuse'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TRUSTED_PROXIES: addressList,
  RATE_LIMIT_PER_KEY: perMinute.default(1_200_000),
  RATE_LIMIT_PER_ENVIRONMENT: perMinute.default(2_400_000),
  RATE_LIMIT_PER_ADDRESS: perMinute.default(600),
  RATE_LIMIT_WRONG_CREDENTIALS: perMinute.default(300),
  STREAMS_PER_KEY: z.coerce.number().int().min(1).default(100),
  METRICS_TOKEN: z.string().min(16).optional(),
  BILLING_ENVIRONMENT: z.string().startsWith('env_').optional(),
});

/** The process's settings, read and checked once. `.env.example` describes every variable. */
export class Env {
  private constructor(private readonly values: z.infer<typeof variables>) {
    Object.freeze(this);
  }

  /** Reads the settings, or throws an error that names each variable that is missing or wrong. */
  static read(source: NodeJS.ProcessEnv): Env {
    // An empty variable in a `.env` file means "not set".
    const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''));
    const parsed = variables.safeParse(given);
    const problems = parsed.success
      ? productionProblems(parsed.data)
      : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    if (!parsed.success || problems.length > 0) {
      throw new Error(
        `Settings are missing or wrong (.env.example describes them):\n  ${problems.join('\n  ')}`,
      );
    }
    return new Env(parsed.data);
  }

  get<K extends keyof z.infer<typeof variables>>(name: K): z.infer<typeof variables>[K] {
    return this.values[name];
  }

  get isProduction(): boolean {
    return this.values.NODE_ENV === 'production';
  }
}

function productionProblems(values: z.infer<typeof variables>): string[] {
  if (values.NODE_ENV !== 'production') {
    return [];
  }
  const problems = [];
  if (values.STRIPE_EMULATOR_URL !== undefined) {
    problems.push('STRIPE_EMULATOR_URL: the emulator moves no money; production refuses it');
  }
  if (!values.API_URL.startsWith('https://')) {
    problems.push('API_URL: must be https in production');
  }
  if (values.METRICS_TOKEN === undefined) {
    problems.push('METRICS_TOKEN: /metrics must not be public in production');
  }
  if (values.SECRETS_KEY.some((key) => key.toString('base64url') === developmentSecretsKey)) {
    problems.push('SECRETS_KEY: set 32 random bytes in base64url; the one for development is public');
  }
  if (values.SMTP_URL === undefined) {
    problems.push('SMTP_URL: customers must get their mails in production');
  }
  if (values.MAIL_FROM.endsWith('.test')) {
    problems.push(
      'MAIL_FROM: set an address that your mail server may send from; the one for development is nobody’s',
    );
  }
  if (values.MERCHANT_URLS_LOOPBACK === 'allow') {
    problems.push('MERCHANT_URLS_LOOPBACK: a merchant’s address must not lead to this machine in production');
  }
  return problems;
}
