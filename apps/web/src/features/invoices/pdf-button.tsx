'use client';

import { Button } from '@billingos/ui/components/button';
import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Invoice } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { invoiceName } from './invoice-name.ts';

/** Downloads the PDF. A plain link would not say which environment it asks for. */
export function PdfButton({ invoice }: { invoice: Invoice }) {
  const { api } = useEnvironment();
  const download = useMutation({
    mutationFn: async () => {
      const pdf: unknown = await unwrap(
        api.client.GET('/api/v1/invoices/{id}/pdf', {
          params: { path: { id: invoice.id } },
          parseAs: 'blob',
        }),
      );
      if (!(pdf instanceof Blob)) throw new Error('The API answered without a PDF');
      const address = URL.createObjectURL(pdf);
      const link = document.createElement('a');
      link.href = address;
      link.download = `${invoiceName(invoice)}.pdf`;
      link.click();
      URL.revokeObjectURL(address);
    },
    onError: (error) =>
      toast.error('The PDF could not be loaded', { description: describeError(error).message }),
  });
  return (
    <Button pending={download.isPending} onClick={() => download.mutate()}>
      {download.isPending ? null : <Download aria-hidden />}
      PDF
    </Button>
  );
}
