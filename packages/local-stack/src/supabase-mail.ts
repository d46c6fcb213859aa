import { SmtpEmailDriver, type EmailDriver, type EmailMessage } from '@supabase/lite';

/** Lite's link to its own verify endpoint, which it expects below the site's address. */
const verifyLink = /https?:\/\/[^\s"<]*\/auth\/v1\/verify\?token=([^&"\s]+)&(?:amp;)?type=([a-z_]+)[^\s"<]*/g;

/**
 * Sends Supabase's mails by SMTP. Links lead to the web app's `/auth/confirm`, which exchanges the token hash
 * for a session on the server, as Supabase documents for server-rendered apps.
 */
export function supabaseMail(options: { smtpUrl: string; from: string; webUrl: string }): EmailDriver {
  const smtp = new URL(options.smtpUrl);
  const driver = new SmtpEmailDriver({
    host: smtp.hostname,
    port: Number(smtp.port === '' ? '587' : smtp.port),
    from: { name: 'BillingOS', address: options.from },
    secure: smtp.protocol === 'smtps:',
    ...(smtp.username === ''
      ? // The inbox of the local stack offers no TLS.
        { requireTls: false }
      : { user: decodeURIComponent(smtp.username), pass: decodeURIComponent(smtp.password) }),
  });
  return { send: (message) => driver.send(withConfirmLinks(message, options.webUrl)) };
}

/** The same mail with every verify link replaced by `{webUrl}/auth/confirm?token_hash=…&type=…`. */
export function withConfirmLinks(message: EmailMessage, webUrl: string): EmailMessage {
  const replace = (body: string): string =>
    body.replace(
      verifyLink,
      (_link, hash: string, type: string) => `${webUrl}/auth/confirm?token_hash=${hash}&type=${type}`,
    );
  return {
    ...message,
    ...(message.text === undefined ? {} : { text: replace(message.text) }),
    ...(message.html === undefined ? {} : { html: replace(message.html) }),
  };
}
