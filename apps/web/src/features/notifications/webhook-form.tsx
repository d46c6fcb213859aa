'use client';

import { CodeBlock } from '@billingos/ui/components/code-block';
import { Notice } from '@billingos/ui/components/notice';
import { SecretAddressForm } from './secret-address-form.tsx';

/** The address that alerts are posted to. Its signing secret is shown once, when it is set. */
export function WebhookForm({ isSet }: { isSet: boolean }) {
  return (
    <SecretAddressForm
      field="webhook_url"
      isSet={isSet}
      label="Address"
      otherLabel="Another address"
      hint="Gets a POST for each new alert, signed by Standard Webhooks, repeated for half an hour until it answers 2xx."
      placeholder="https://acme.com/hooks/billing-alerts"
      missing="Enter the address that alerts are posted to."
      saved="Webhook settings saved"
      showSecret={(secret) => (
        <div className="grid gap-2">
          <Notice tone="success">Store the signing secret now. It is not shown again.</Notice>
          <CodeBlock title="Signing secret" code={secret} />
        </div>
      )}
    />
  );
}
