import { Button } from '@billingos/ui/components/button';
import { Skeleton } from '@billingos/ui/components/skeleton';
import type { ReactNode } from 'react';
import { Refused } from './customer-api.ts';
import type { LinkPage } from './use-link-page.ts';

type LinkStatesProps<Page> = {
  link: LinkPage<Page>;
  loading: ReactNode;
  children: (page: Page) => ReactNode;
};

/** The states of what a link opens: loading, a link that opens nothing, an API that does not answer, or the page. */
export function LinkStates<Page>({ link, loading, children }: LinkStatesProps<Page>) {
  const { page, problem, load } = link;
  if (problem !== undefined) {
    const isFinal = problem instanceof Refused;
    return (
      <div role="alert" className="grid justify-items-start gap-3">
        <h1 className="text-xl font-semibold tracking-tight">This did not work</h1>
        <p className="text-muted">{isFinal ? problem.message : 'We could not be reached. Try again.'}</p>
        {isFinal ? null : <Button onClick={load}>Try again</Button>}
      </div>
    );
  }
  return page === undefined ? loading : children(page);
}

type LinkSkeletonProps = { label: string; title: string; body: string };

/** The shape of a page that is being read: whom it is from, its title, and the rest, with their sizes. */
export function LinkSkeleton({ label, title, body }: LinkSkeletonProps) {
  return (
    <div role="status" aria-label={label} className="grid gap-4">
      <Skeleton className="w-32" />
      <Skeleton className={title} />
      <Skeleton className={body} />
    </div>
  );
}
