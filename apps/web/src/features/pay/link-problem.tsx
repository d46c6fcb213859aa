import { Button } from '@billingos/ui/components/button';

/** A link that opens nothing, or an API that does not answer. */
export function LinkProblem({ message, onRetry }: { message: string; onRetry: (() => void) | undefined }) {
  return (
    <div role="alert" className="grid justify-items-start gap-3">
      <h1 className="text-xl font-semibold tracking-tight">This did not work</h1>
      <p className="text-muted">{onRetry === undefined ? message : 'We could not be reached. Try again.'}</p>
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}
