'use client';

import { Card, CardBody, CardHeader } from '@billingos/ui/components/card';
import { Progress } from '@billingos/ui/components/meter';
import { textLink } from '@billingos/ui/text-link';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { Plan, PlanMigration } from '../../api/types.ts';
import { Day } from '../../formatting/time.tsx';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { planMigrationsQuery } from './queries.ts';

/** Migrations of the plan's subscribers and how far they are. Nothing is shown while there was none. */
export function PlanMigrations({ plan }: { plan: Plan }) {
  const { api } = useEnvironment();
  const { data } = useQuery(planMigrationsQuery(api, plan.id));
  if (!data || data.data.length === 0) return null;
  return (
    <Card>
      <CardHeader title="Migrations" description="The last ten." />
      <CardBody>
        <ul className="grid gap-4">
          {data.data.map((migration) => (
            <Migration key={migration.id} migration={migration} />
          ))}
        </ul>
      </CardBody>
    </Card>
  );
}

function Migration({ migration }: { migration: PlanMigration }) {
  const { href } = useEnvironment();
  const { pending, done, failed, failures, version_number, when, created_at } = migration;
  const total = pending + done + failed;
  return (
    <li className="grid gap-1.5 text-sm">
      <div className="flex flex-wrap justify-between gap-2">
        <span className="font-medium">
          To version {version_number}, {when === 'now' ? 'at once' : 'with the next period'}
        </span>
        <span className="text-muted" aria-live="polite">
          {done} of {total} moved{failed > 0 ? `, ${failed} failed` : ''}, begun <Day iso={created_at} />
        </span>
      </div>
      <Progress label={`Migration to version ${version_number}`} done={done + failed} total={total} />
      {failures.length > 0 ? (
        <ul className="grid gap-0.5 text-muted">
          {failures.map(({ subscription_id, error }) => (
            <li key={subscription_id}>
              <Link href={href(`subscriptions/${subscription_id}`)} className={textLink}>
                {subscription_id}
              </Link>
              : {error}
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}
