/**
 * The process that answers as Supabase: @supabase/lite's App on our Postgres, behind a door that lets through
 * only auth and REST. Lite's own command is not used: it serves its configuration, the database password in it,
 * to anybody at `/_system`, and sends mail only to servers with TLS.
 *
 * Started by `startSupabase`, which sets the variables read here.
 */
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { App } from '@supabase/lite';
import { createPostgresConnection } from '@supabase/lite/postgres';
import type { JWK } from 'jose';
import { projectDir } from './settings.ts';
import { supabaseMail } from './supabase-mail.ts';
import { TokenDoor } from './supabase-tokens.ts';

const port = Number(setting('SUPABASE_PORT'));
const url = setting('SUPABASE_URL');
const webUrl = setting('WEB_URL');
const door = await TokenDoor.open(parseJwk(setting('SUPABASE_SIGNING_KEY')), `${url}/auth/v1`);
const confirmEmail = process.env.AUTH_CONFIRM_EMAIL === 'true';

const connection = createPostgresConnection({ url: setting('SUPABASE_DATABASE_URL') });
const app = new App({
  connection,
  // Migrations have one runner, and it is the api's.
  db: { migrations: { enabled: false } },
  api: { enabled: true, port, external_url: url },
  storage: { enabled: false },
  studio: { enabled: false },
  auth: {
    enabled: true,
    jwt_secret: door.insideSecret,
    jwt_expiry: 3600,
    publishable_key: setting('SUPABASE_PUBLISHABLE_KEY'),
    site_url: webUrl,
    additional_redirect_urls: [],
    enable_refresh_token_rotation: true,
    minimum_password_length: 8,
    email: {
      enable_confirmations: confirmEmail,
      template: {
        confirmation: template('confirmation', 'Confirm your e-mail address'),
        recovery: template('recovery', 'Choose a new password'),
        email_change: template('email_change', 'Confirm your new e-mail address'),
      },
    },
  },
  options: {
    // Admin mode would serve requests without a key as service_role.
    server: { admin: false, disableStudio: true },
    drivers: {
      email: supabaseMail({ smtpUrl: setting('SMTP_URL'), from: setting('MAIL_FROM'), webUrl }),
    },
  },
});
await app.ensureSystemSchema();

const server = serve({ port, hostname: '127.0.0.1', fetch: answer });
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close(() => {
      void connection.close().then(() => process.exit(0));
    });
  });
}

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === '/auth/v1/.well-known/jwks.json') {
    return Response.json(door.jwks(), { headers: { 'cache-control': 'public, max-age=600' } });
  }
  // A link to GET /verify would answer with a session lite signed; our mails lead to the web app instead.
  const isOffered = pathname.startsWith('/rest/v1/') || pathname.startsWith('/auth/v1/');
  if (!isOffered || (pathname === '/auth/v1/verify' && request.method === 'GET')) {
    return Response.json({ message: 'Not found' }, { status: 404 });
  }
  // Lite never hears who is asking, so nothing can be trusted for coming from this machine.
  const response = await app.fetch(await withInwardToken(request), { peerAddress: null });
  return pathname.startsWith('/auth/v1/') ? withOutwardToken(response) : response;
}

async function withInwardToken(request: Request): Promise<Request> {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer === undefined) return request;
  const headers = new Headers(request.headers);
  headers.set('authorization', `Bearer ${await door.inward(bearer)}`);
  const body = request.body === null ? null : await request.arrayBuffer();
  return new Request(request.url, { method: request.method, headers, body });
}

async function withOutwardToken(response: Response): Promise<Response> {
  if (!(response.headers.get('content-type') ?? '').includes('application/json')) return response;
  const body: unknown = await response.json();
  const headers = new Headers(response.headers);
  headers.delete('content-length');
  const translated =
    typeof body === 'object' &&
    body !== null &&
    'access_token' in body &&
    typeof body.access_token === 'string'
      ? { ...body, access_token: await door.outward(body.access_token) }
      : body;
  return new Response(JSON.stringify(translated), { status: response.status, headers });
}

/** The mails that a hosted project sends, too. */
function template(name: string, subject: string): { subject: string; content_path: string } {
  return { subject, content_path: join(projectDir, 'supabase', 'templates', `${name}.html`) };
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set.`);
  return value;
}

function parseJwk(text: string): JWK {
  const jwk: unknown = JSON.parse(text);
  if (typeof jwk !== 'object' || jwk === null) throw new Error('SUPABASE_SIGNING_KEY is not a JWK.');
  return { ...jwk };
}
