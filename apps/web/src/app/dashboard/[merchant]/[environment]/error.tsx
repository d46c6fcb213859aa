'use client';

import { ErrorState } from '@billingos/ui/components/error-state';

export default function PageError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <ErrorState
      title="This page could not be shown"
      message="The API did not answer as it should. Try again in a moment."
      requestId={error.digest}
      onRetry={reset}
    />
  );
}
