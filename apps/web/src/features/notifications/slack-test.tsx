'use client';

import { Button } from '@billingos/ui/components/button';
import { Notice } from '@billingos/ui/components/notice';
import { useMutation } from '@tanstack/react-query';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';

/** Posts a message now, and says whether it arrived. */
export function SlackTest() {
  const { api } = useEnvironment();
  const test = useMutation({
    mutationFn: () => unwrap(api.client.POST('/api/v1/notification-settings/test')),
  });
  return (
    <div className="grid justify-items-start gap-3 border-t pt-4">
      {test.isError ? <Notice tone="danger">{describeError(test.error).message}</Notice> : null}
      {test.isSuccess ? <Notice tone="success">Slack took the message. Look into the channel.</Notice> : null}
      <Button pending={test.isPending} onClick={() => test.mutate()}>
        Send a test message
      </Button>
    </div>
  );
}
