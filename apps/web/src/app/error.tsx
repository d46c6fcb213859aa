'use client';

import { ErrorState } from '@billingos/ui/components/error-state';

export default function RootError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <main className="grid min-h-dvh place-content-center">
      <ErrorState
        title="This page could not be shown"
        message="The service behind it did not answer as it should. Try again in a moment."
        requestId={error.digest}
        onRetry={reset}
      />
    </main>
  );
}
