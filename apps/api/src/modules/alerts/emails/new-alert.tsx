import { Letter, Words } from '../../mail/emails/letter.tsx';

interface NewAlertProps {
  merchant: string;
  title: string;
  detail: string;
  url: string;
}

/** Tells somebody of the merchant's own people about an alert. */
export function NewAlert({ merchant, title, detail, url }: NewAlertProps) {
  return (
    <Letter
      merchant={merchant}
      title={title}
      preview={detail}
      action={{ label: 'Open the alerts', url }}
      because="You get this mail because your address is listed in the notification settings of BillingOS."
    >
      <Words>{detail}</Words>
    </Letter>
  );
}
