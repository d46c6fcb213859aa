import type { Metadata } from 'next';
import { Pay } from '#features/pay/pay.tsx';
import { env } from '../../../../env.ts';

export const metadata: Metadata = { title: 'Pay an invoice' };

export default async function PayPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const { api_url: apiUrl, stripe_js_url: stripeJsUrl } = env();
  return <Pay token={token} apiUrl={apiUrl} stripeJsUrl={stripeJsUrl} />;
}
