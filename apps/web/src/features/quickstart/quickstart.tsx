'use client';

import { Badge } from '@billingos/ui/components/badge';
import { Button } from '@billingos/ui/components/button';
import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { CodeBlock } from '@billingos/ui/components/code-block';
import { PageHeader } from '@billingos/ui/components/page-header';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { featuresQuery } from '../features/queries.ts';
import { onboardingQuery } from '../onboarding/queries.ts';
import { checkCommand, sdkSnippet } from './snippets.ts';

/** Five lines to the first check, written for this environment's own features. */
export function Quickstart({ api_url }: { api_url: string }) {
  const { api, environment, href } = useEnvironment();
  const features = useQuery(featuresQuery(api));
  const catalog = features.data?.data ?? [];
  // The newest come first: what was there from the beginning is known best.
  const feature = catalog.findLast(({ type }) => type === 'boolean')?.key ?? 'exports';
  const meter = catalog.findLast(({ type }) => type === 'metered')?.meter ?? 'api_calls';
  return (
    <>
      <PageHeader
        title="Quickstart"
        description="Gate a feature and meter a call. Your app keeps working when billing does not answer."
        actions={
          <Button asChild>
            <Link href={href('developers/api-keys')}>API keys</Link>
          </Button>
        }
      />
      <div className="grid gap-4">
        <FirstCheck />
        <Card>
          <CardHeader title="1. Install" />
          <CardBody>
            <CodeBlock title="terminal" code="npm install @billingos/sdk" />
          </CardBody>
        </Card>
        <Card>
          <CardHeader
            title="2. Give your server the key"
            description={`A secret key of ${environment.name}, as an environment variable.`}
          />
          <CardBody>
            <CodeBlock
              title=".env"
              code={`BILLINGOS_SECRET_KEY=bos_sk_${environment.mode}_…\nBILLINGOS_URL=${api_url}`}
            />
          </CardBody>
        </Card>
        <Card>
          <CardHeader title="3. Check and track" description="user_42 is your own id of a customer." />
          <CardBody>
            <CodeBlock title="server.ts" code={sdkSnippet({ feature, meter })} />
          </CardBody>
        </Card>
        <Card>
          <CardHeader title="Without the SDK" description="The same question over HTTP." />
          <CardBody>
            <CodeBlock title="curl" code={checkCommand({ api_url, feature })} />
          </CardBody>
        </Card>
      </div>
    </>
  );
}

/** Waits for the first check together with the developer. */
function FirstCheck() {
  const { api } = useEnvironment();
  const { data } = useQuery(onboardingQuery(api));
  const step = data?.steps.find(({ step }) => step === 'first_check');
  if (!step) return null;
  return (
    <Card>
      <div role="status" className="flex items-center gap-3 px-4 py-3 text-sm">
        {step.done_at ? <Badge tone="success">Received</Badge> : <Badge tone="warning">Waiting</Badge>}
        {step.done_at
          ? 'The first check has arrived. You are set up.'
          : 'Waiting for the first check from your code.'}
      </div>
    </Card>
  );
}
