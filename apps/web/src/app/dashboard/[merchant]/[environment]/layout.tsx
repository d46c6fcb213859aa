import type { ReactNode } from 'react';
import { EnvironmentProvider } from '#features/merchants/environment-context.tsx';
import { openEnvironment, type EnvironmentParams } from '#features/merchants/me.ts';
import { Shell } from '#features/shell/shell.tsx';

export default async function EnvironmentLayout(props: { params: EnvironmentParams; children: ReactNode }) {
  const { me, merchant, environment } = await openEnvironment(props.params);
  return (
    <EnvironmentProvider key={environment.id} me={me} merchant={merchant} environment={environment}>
      <Shell>{props.children}</Shell>
    </EnvironmentProvider>
  );
}
