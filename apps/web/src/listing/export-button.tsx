'use client';

import { Button } from '@billingos/ui/components/button';
import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { toast } from 'sonner';
import { describeError } from '../api/errors.ts';
import { csv, type CsvColumn } from './csv.ts';

type Page<Row> = { data: Row[]; next_cursor: string | null };

type ExportButtonProps<Row> = {
  /** The file's name without its ending. */
  name: string;
  columns: readonly CsvColumn<Row>[];
  /** Reads one page of what the list shows now, filters included. */
  load: (cursor: string | undefined) => Promise<Page<Row>>;
};

const rows_max = 20_000;

/** Downloads everything that the present filter matches as CSV, not only the page on screen. */
export function ExportButton<Row>({ name, columns, load }: ExportButtonProps<Row>) {
  const download = useMutation({
    mutationFn: async () => {
      const rows: Row[] = [];
      let cursor: string | undefined;
      do {
        const page = await load(cursor);
        rows.push(...page.data);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && rows.length < rows_max);
      save(`${name}.csv`, csv(columns, rows));
      return { count: rows.length, complete: cursor === undefined };
    },
    onSuccess: ({ count, complete }) => {
      if (complete) toast.success(`Exported ${count} rows`);
      else toast.warning(`Exported the first ${count} rows. Narrow the filter to get the rest.`);
    },
    onError: (error) => toast.error('The export failed', { description: describeError(error).message }),
  });
  return (
    <Button pending={download.isPending} onClick={() => download.mutate()}>
      {download.isPending ? null : <Download aria-hidden />}
      Export CSV
    </Button>
  );
}

function save(file: string, text: string) {
  // The byte order mark makes spreadsheets read UTF-8.
  const address = URL.createObjectURL(new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = file;
  link.click();
  URL.revokeObjectURL(address);
}
