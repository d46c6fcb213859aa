import { Letter, Words } from '../../mail/emails/letter.tsx';
import { dayInWords } from '../../mail/emails/words.ts';

interface QuotaUsedProps {
  merchant: string;
  feature: string;
  threshold: 80 | 100;
  used: number;
  limit: number;
  resetsAt: Date;
}

/** Tells a customer that a quota is nearly, or wholly, used up. */
export function QuotaUsed({ merchant, feature, threshold, used, limit, resetsAt }: QuotaUsedProps) {
  const title =
    threshold === 100
      ? `Your quota of ${feature} is used up`
      : `You have used ${threshold} % of your ${feature}`;
  return (
    <Letter
      merchant={merchant}
      title={title}
      preview={title}
      because={`You get this mail because you have an API key of ${merchant}.`}
    >
      <Words>
        {used.toLocaleString('en-US')} of {limit.toLocaleString('en-US')} are used. It is counted anew on{' '}
        {dayInWords(resetsAt)}.
      </Words>
      <Words>
        {threshold === 100
          ? 'Until then, calls are answered with status 429, or charged as overage where your plan allows it.'
          : 'When all of it is used, calls are answered with status 429, or charged as overage where your plan allows it.'}
      </Words>
    </Letter>
  );
}
