import { Skeleton, TableSkeleton } from '@billingos/ui/components/skeleton';

export default function Loading() {
  return (
    <>
      <Skeleton className="mb-6 h-7 w-44" />
      <div className="rounded-lg border bg-surface pt-12 shadow-sm">
        <TableSkeleton label="Loading the page" />
      </div>
    </>
  );
}
