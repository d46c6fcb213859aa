import { Letter, Words } from '../../mail/emails/letter.tsx';

interface About {
  merchant: string;
  plan: string;
}

const because = ({ merchant, plan }: About): string =>
  `You get this mail because you subscribed to ${plan} at ${merchant}.`;

/** Three days before a trial ends. */
export function TrialEnding(props: About & { ends_on: string; price: string | null }) {
  const { merchant, plan, ends_on: endsOn, price } = props;
  return (
    <Letter
      merchant={merchant}
      title={`Your trial ends on ${endsOn}`}
      preview={`${plan}: what happens then.`}
      because={because(props)}
    >
      <Words>
        Your trial of {plan} ends on {endsOn}.
      </Words>
      <Words>
        {price === null
          ? 'After that, your subscription begins.'
          : `After that, ${plan} costs ${price}, plus tax where it applies. If we have your card, it is charged then.`}{' '}
        If you do not want to go on, cancel before that day and nothing is charged.
      </Words>
    </Letter>
  );
}

/** A trial has ended, and whether it goes on. */
export function TrialEnded(props: About & { goes_on: boolean }) {
  const { merchant, plan, goes_on: goesOn } = props;
  return (
    <Letter
      merchant={merchant}
      title={goesOn ? `Your subscription to ${plan} has begun` : `Your trial of ${plan} has ended`}
      preview={goesOn ? 'Your trial is over, and everything goes on.' : 'Your trial is over.'}
      because={because(props)}
    >
      <Words>
        {goesOn
          ? `Your trial is over, and your subscription to ${plan} has begun. There is nothing to do.`
          : `Your trial of ${plan} is over, and so is your access. Subscribe whenever you like to go on where you were.`}
      </Words>
    </Letter>
  );
}

/** A week before a long period begins anew. */
export function Renewal(props: About & { renews_on: string; price: string | null }) {
  const { merchant, plan, renews_on: renewsOn, price } = props;
  return (
    <Letter
      merchant={merchant}
      title={`${plan} renews on ${renewsOn}`}
      preview={price === null ? `${plan} renews soon.` : `${price} will be charged then.`}
      because={because(props)}
    >
      <Words>
        Your subscription to {plan} renews on {renewsOn}
        {price === null ? '.' : `, for ${price}, plus tax where it applies.`}
      </Words>
      <Words>There is nothing to do to keep it. To end it, cancel before that day.</Words>
    </Letter>
  );
}

/** A subscription has begun. */
export function SubscriptionStarted(props: About) {
  const { merchant, plan } = props;
  return (
    <Letter
      merchant={merchant}
      title={`Welcome to ${plan}`}
      preview={`Your subscription to ${plan} has begun.`}
      because={because(props)}
    >
      <Words>Your subscription to {plan} has begun. Everything it holds is ready for you.</Words>
    </Letter>
  );
}

/** A subscription has ended. */
export function SubscriptionEnded(props: About & { ended_on: string }) {
  const { merchant, plan, ended_on: endedOn } = props;
  return (
    <Letter
      merchant={merchant}
      title={`Your subscription to ${plan} has ended`}
      preview={`It ended on ${endedOn}.`}
      because={because(props)}
    >
      <Words>
        Your subscription to {plan} ended on {endedOn}. Nothing is charged any more. You are welcome back any
        time.
      </Words>
    </Letter>
  );
}
