import { completeOnboarding } from '../resources/accounts.ts';
import type { Context } from '../state/context.ts';
import type { Tables } from '../state/tables.ts';
import { escapeHtml, messagePage, pageHtml, type PageAnswer } from './layout.ts';

type AccountLink = Tables['_account_link'];

/** The hosted onboarding: one button instead of Stripe's many questions. A spent link asks for a new one. */
export function showOnboarding(context: Context, link: AccountLink): PageAnswer {
  if (spent(context, link)) return { redirect: link.refresh_url };
  const account = context.platform.get('account', link.account);
  if (account === undefined)
    return messagePage(404, 'No such account', 'The account of this link was deleted.');
  const name = account.business_profile?.name ?? account.email ?? account.id;
  const html = pageHtml(
    'Connect with Stripe (emulated)',
    `<main class="narrow"><section class="card">
${context.livemode ? '' : '<span class="note">Test mode: no real data is asked for</span>'}
<h1>Set up payments for ${escapeHtml(name)}</h1>
<p class="soft">Stripe would ask for the business, its owners and a bank account here. The emulator takes the answers as given.</p>
<form method="post" action="/setup/${account.id}/${link.id}"><button type="submit">Complete onboarding</button></form>
<p><a href="${escapeHtml(link.return_url)}">Do this later</a></p>
</section></main>`,
  );
  return { status: 200, html };
}

/** The button was pressed: the account can charge and be paid out, and its owner returns. */
export function sendOnboarding(context: Context, link: AccountLink): PageAnswer {
  if (spent(context, link)) return { redirect: link.refresh_url };
  completeOnboarding(context, link.account);
  context.platform.put('_account_link', { ...link, used: true });
  return { redirect: link.return_url };
}

function spent(context: Context, link: AccountLink): boolean {
  return link.used || link.expires_at <= context.now;
}
