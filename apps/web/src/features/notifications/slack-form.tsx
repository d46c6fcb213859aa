'use client';

import { SecretAddressForm } from './secret-address-form.tsx';

/** The channel that alerts are posted to. */
export function SlackForm({ isSet }: { isSet: boolean }) {
  return (
    <SecretAddressForm
      field="slack_webhook_url"
      isSet={isSet}
      label="Webhook URL"
      otherLabel="Another webhook URL"
      hint="In Slack: Apps → Incoming webhooks → Add to a channel. It is kept sealed and never shown again."
      placeholder="https://hooks.slack.com/services/…"
      missing="Paste the webhook URL that Slack shows."
      saved="Slack settings saved"
    />
  );
}
