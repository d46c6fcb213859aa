import { Link } from '@react-email/components';
import { Letter, Words } from '../../mail/emails/letter.tsx';

interface About {
  merchant: string;
  plan: string;
  amount: string;
}

const because = ({ merchant, plan }: About): string =>
  `You get this mail because you subscribe to ${plan} at ${merchant}. It carries a link that is only for you: please do not pass it on.`;

/** A renewal was declined; the same card may pay later. */
export function PaymentFailed(
  props: About & { url: string; next_attempt: string | null; needs_confirmation: boolean },
) {
  const { merchant, plan, amount, url, next_attempt: nextAttempt, needs_confirmation: confirm } = props;
  return (
    <Letter
      merchant={merchant}
      title="Your payment did not go through"
      preview={`${amount} for ${plan} could not be charged.`}
      action={{ label: confirm ? 'Confirm the payment' : 'Pay now', url }}
      because={because(props)}
    >
      <Words>
        We could not charge {amount} for {plan}.{' '}
        {confirm
          ? 'Your bank wants you to confirm the payment.'
          : 'Most often the card had too little on it at that moment, or the bank said no this once.'}
      </Words>
      <Words>
        {nextAttempt === null
          ? 'You can pay with this or another card:'
          : `We will try again on ${nextAttempt}. If you would rather not wait, pay now, with this or another card:`}
      </Words>
    </Letter>
  );
}

/** The card will not pay any more. The bank's reason stays with the bank: a thief may read along. */
export function CardNeeded(props: About & { url: string }) {
  const { merchant, plan, amount, url } = props;
  return (
    <Letter
      merchant={merchant}
      title="Please add another card"
      preview={`${amount} for ${plan} is open, and your card was declined.`}
      action={{ label: 'Add a card and pay', url }}
      because={because(props)}
    >
      <Words>
        Your bank declined {amount} for {plan}, and says that trying the same card again will not help.
      </Words>
      <Words>With another card, everything goes on as before:</Words>
    </Letter>
  );
}

/** The day before another attempt. */
export function RetrySoon(props: About & { url: string; next_attempt: string }) {
  const { merchant, plan, amount, url, next_attempt: nextAttempt } = props;
  return (
    <Letter
      merchant={merchant}
      title={`We will try again on ${nextAttempt}`}
      preview={`${amount} for ${plan} is still open.`}
      action={{ label: 'Pay now', url }}
      because={because(props)}
    >
      <Words>
        {amount} for {plan} is still open. On {nextAttempt} we will charge your card again. There is nothing
        to do if it can pay then.
      </Words>
      <Words>To use another card:</Words>
    </Letter>
  );
}

/** It was paid after all. */
export function PaymentReceived(props: About) {
  const { merchant, plan, amount } = props;
  return (
    <Letter
      merchant={merchant}
      title="Thank you, your payment arrived"
      preview={`${amount} for ${plan} is paid.`}
      because={`You get this mail because you subscribe to ${plan} at ${merchant}.`}
    >
      <Words>
        We received {amount} for {plan}. Everything goes on as before; there is nothing more to do.
      </Words>
    </Letter>
  );
}

/** Nothing helped. */
export function PaymentLost(
  props: About & { action: 'cancel' | 'pause' | 'keep'; pay_url: string; survey_url: string | null },
) {
  const { merchant, plan, amount, action, pay_url: payUrl, survey_url: surveyUrl } = props;
  return (
    <Letter
      merchant={merchant}
      title={action === 'cancel' ? 'Your subscription has ended' : 'Your access is paused'}
      preview={`${amount} for ${plan} could not be charged.`}
      action={
        action === 'cancel' && surveyUrl !== null
          ? { label: 'Tell us why', url: surveyUrl }
          : { label: `Pay ${amount}`, url: payUrl }
      }
      because={because(props)}
    >
      <Words>
        We tried several times and could not charge {amount}.{' '}
        {action === 'cancel'
          ? `Your subscription to ${plan} has therefore ended.`
          : `Until it is paid, you cannot use ${plan}; then it goes on at once.`}
      </Words>
      {surveyUrl === null ? null : (
        <Words>
          Did you mean to leave? <Link href={surveyUrl}>Tell us why</Link>: it takes a minute, and helps.
        </Words>
      )}
      {action === 'cancel' ? (
        <Words>
          The open invoice can still be <Link href={payUrl}>paid here</Link>.
        </Words>
      ) : null}
    </Letter>
  );
}
