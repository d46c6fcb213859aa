import { redirect } from 'next/navigation';
import { me } from '#features/merchants/me.ts';

export default async function DashboardPage() {
  const { merchants } = await me();
  const merchant = merchants[0];
  if (!merchant) redirect('/dashboard/new');
  const environment = merchant.environments.find(({ mode }) => mode === 'test') ?? merchant.environments[0];
  redirect(environment ? `/dashboard/${merchant.slug}/${environment.slug}` : '/dashboard/new');
}
