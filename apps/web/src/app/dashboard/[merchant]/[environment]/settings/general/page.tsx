import type { Metadata } from 'next';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { GeneralSettings } from '#features/settings/general-settings.tsx';

export const metadata: Metadata = { title: 'General' };

export default async function GeneralSettingsPage({ params }: { params: EnvironmentParams }) {
  await openEnvironment(params);
  return <GeneralSettings />;
}
