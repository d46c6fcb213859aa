type Env = {
  /** Where the web process reaches the API; may be a private address. */
  api_internal_url: string;
  /** Where a merchant's code reaches the API; shown in snippets. */
  api_url: string;
  /** The address of this app as a browser sees it: links in mails, the Origin check, cookie security. */
  web_url: string;
  /** Where browsers load Stripe.js from. */
  stripe_js_url: string;
  supabase_url: string;
  supabase_publishable_key: string;
};

let parsed: Env | undefined;

/**
 * What the process was started with, read at the first request and not at build time, so that one build runs anywhere.
 * Throws one error that names everything missing.
 */
export function env(): Env {
  parsed ??= parse(process.env);
  return parsed;
}

function parse(source: NodeJS.ProcessEnv): Env {
  const missing: string[] = [];
  const need = (name: string) => {
    const value = source[name]?.trim();
    if (!value) missing.push(name);
    return (value ?? '').replace(/\/$/, '');
  };
  const api_url = need('API_URL');
  const found: Env = {
    api_url,
    api_internal_url: source['API_INTERNAL_URL']?.trim().replace(/\/$/, '') || api_url,
    web_url: need('WEB_URL'),
    stripe_js_url: source['STRIPE_JS_URL']?.trim() || 'https://js.stripe.com/v3/',
    supabase_url: need('SUPABASE_URL'),
    supabase_publishable_key: need('SUPABASE_PUBLISHABLE_KEY'),
  };
  if (missing.length > 0)
    throw new Error(`The web app needs these environment variables: ${missing.join(', ')}`);
  return Object.freeze(found);
}
