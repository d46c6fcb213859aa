import { CircleAlert, RotateCw } from 'lucide-react';
import { Button } from './button.tsx';

type ErrorStateProps = {
  title?: string;
  message: string;
  /** Quoted to support, so it is shown whenever an answer carried one. */
  requestId?: string | undefined;
  onRetry?: () => void;
};

/** A read that failed: what happened, the request id, and the way to try again. */
export function ErrorState({
  title = 'This could not be loaded',
  message,
  requestId,
  onRetry,
}: ErrorStateProps) {
  return (
    <div role="alert" className="grid justify-items-center gap-3 px-6 py-10 text-center">
      <CircleAlert aria-hidden className="size-6 text-danger-ink" />
      <div className="grid max-w-md gap-1">
        <p className="text-md font-semibold">{title}</p>
        <p className="text-sm text-muted">{message}</p>
        {requestId ? (
          <p className="text-xs text-muted">
            Request <code className="font-mono">{requestId}</code>
          </p>
        ) : null}
      </div>
      {onRetry ? (
        <Button size="sm" onClick={onRetry}>
          <RotateCw aria-hidden />
          Try again
        </Button>
      ) : null}
    </div>
  );
}
