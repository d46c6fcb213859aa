import { Badge } from '@billingos/ui/components/badge';
import { Meter } from '@billingos/ui/components/meter';

/** What a check answers, drawn the way the dashboard draws it. */
export function CheckAnswer() {
  return (
    <div className="rounded-lg border bg-surface p-4 shadow-md">
      <div className="flex items-center justify-between gap-4 text-sm">
        <span className="font-mono text-xs">check(&apos;user_42&apos;, &apos;api_calls&apos;)</span>
        <Badge tone="success">Allowed</Badge>
      </div>
      <div className="mt-3 grid gap-2">
        <div className="flex justify-between text-sm">
          <span className="font-medium">API calls</span>
          <span className="text-muted tabular-nums">7,412 of 10,000</span>
        </div>
        <Meter label="API calls" used={7412} limit={10000} valueText="7,412 of 10,000 used" />
        <p className="text-xs text-muted">
          2,588 remaining, stops at the limit, resets with the billing period
        </p>
      </div>
    </div>
  );
}
