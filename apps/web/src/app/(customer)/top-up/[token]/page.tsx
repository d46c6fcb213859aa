import type { Metadata } from 'next';
import { TopUp } from '#features/top-up-page/top-up.tsx';
import { env } from '../../../../env.ts';

export const metadata: Metadata = { title: 'Buy credits' };

export default async function TopUpPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params;
  const { api_url: apiUrl, stripe_js_url: stripeJsUrl } = env();
  return <TopUp token={token} apiUrl={apiUrl} stripeJsUrl={stripeJsUrl} />;
}
