'use client';

import { Button } from '@billingos/ui/components/button';
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogFooter,
  DialogTrigger,
} from '@billingos/ui/components/dialog';
import { Field } from '@billingos/ui/components/field';
import { Notice } from '@billingos/ui/components/notice';
import { Select } from '@billingos/ui/components/select';
import { Skeleton } from '@billingos/ui/components/skeleton';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { unwrap } from '../../api/client.ts';
import { QueryStates } from '../../api/query-states.tsx';
import type { NewMigration, Plan } from '../../api/types.ts';
import { formatMoney } from '../../formatting/money.ts';
import { formatNumber } from '../../formatting/numbers.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { affectedQuery, migrationPreviewQuery, planVersionsQuery } from './queries.ts';
import { usePlanAction } from './use-plan-action.ts';
import { VersionDifference } from './version-difference.tsx';

/** Moves the subscribers of older versions to the one on sale, and says first what that comes to. */
export function MigrateDialog({ plan }: { plan: Plan }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Migrate subscribers</Button>
      </DialogTrigger>
      <DialogContent
        title="Migrate subscribers"
        description={`Everybody on an older version gets version ${plan.version.number}.`}
      >
        <MigrateForm plan={plan} onStarted={() => setOpen(false)} />
      </DialogContent>
    </Dialog>
  );
}

const moments = [
  { value: 'period_end', label: 'With their next period' },
  { value: 'now', label: 'Now' },
] as const;
const prorations = [
  { value: 'none', label: 'Is not charged' },
  { value: 'next_invoice', label: 'Comes with the next invoice' },
  { value: 'invoice', label: 'Is charged at once' },
] as const;

function MigrateForm({ plan, onStarted }: { plan: Plan; onStarted: () => void }) {
  const { api } = useEnvironment();
  const [when, setWhen] = useState<(typeof moments)[number]['value']>('period_end');
  const [proration, setProration] = useState<(typeof prorations)[number]['value']>('none');
  const wish: NewMigration = { when, proration: when === 'now' ? proration : 'none' };
  const preview = useQuery(migrationPreviewQuery(api, plan.id, wish));
  const start = usePlanAction(
    'The migration has begun',
    () =>
      unwrap(
        api.client.POST('/api/v1/plans/{id}/migrations', {
          params: { path: { id: plan.id } },
          body: wish,
        }),
      ),
    onStarted,
  );
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <Field label="When">
        {(control) => (
          <Select
            {...control}
            value={when}
            options={moments}
            onValueChange={(value) =>
              setWhen(moments.find((one) => one.value === value)?.value ?? 'period_end')
            }
          />
        )}
      </Field>
      {when === 'now' ? (
        <Field label="The difference for the rest of the period">
          {(control) => (
            <Select
              {...control}
              value={proration}
              options={prorations}
              onValueChange={(value) =>
                setProration(prorations.find((one) => one.value === value)?.value ?? 'none')
              }
            />
          )}
        </Field>
      ) : null}
      <QueryStates query={preview} loading={<Skeleton className="h-20" />}>
        {({ subscriptions, monthly_before, monthly_after, not_offered }) => (
          <>
            <dl
              aria-live="polite"
              className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1 rounded-md border bg-subtle p-3 text-sm"
            >
              <dt className="text-muted">Subscriptions that move</dt>
              <dd className="text-right tabular-nums">{formatNumber(subscriptions)}</dd>
              <dt className="text-muted">They bring in a month now</dt>
              <dd className="text-right tabular-nums">{monthly_before.map(formatMoney).join(', ') || '–'}</dd>
              <dt className="text-muted">And afterwards</dt>
              <dd className="text-right font-semibold tabular-nums">
                {monthly_after.map(formatMoney).join(', ') || '–'}
              </dd>
            </dl>
            {not_offered > 0 ? (
              <Notice tone="warning">
                {formatNumber(not_offered)} stay as they are: the new version has no price in their currency
                and interval.
              </Notice>
            ) : null}
          </>
        )}
      </QueryStates>
      <WhatChanges plan={plan} />
      <DialogFooter>
        <DialogClose asChild>
          <Button>Cancel</Button>
        </DialogClose>
        <Button
          type="submit"
          variant="primary"
          disabled={!preview.data || preview.data.subscriptions === 0}
          pending={start.isPending}
        >
          Start the migration
        </Button>
      </DialogFooter>
    </form>
  );
}

/** What it changes for the subscribers of each older version. */
function WhatChanges({ plan }: { plan: Plan }) {
  const { api } = useEnvironment();
  const affected = useQuery(affectedQuery(api, plan.id));
  const versions = useQuery(planVersionsQuery(api, plan.id, undefined));
  const leaving = (affected.data?.versions ?? []).filter(
    ({ is_newest, running }) => !is_newest && running > 0,
  );
  const known = (versions.data?.data ?? []).filter(({ id }) =>
    leaving.some(({ plan_version_id }) => plan_version_id === id),
  );
  return known.map((version) => (
    <section key={version.id} className="grid gap-1.5">
      <h3 className="text-xs font-medium text-muted">From version {version.number}</h3>
      <VersionDifference before={version} after={{ ...plan, spend_cap: plan.version.spend_cap }} />
    </section>
  ));
}
