'use client';

import { Button } from '@billingos/ui/components/button';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@billingos/ui/components/dropdown-menu';
import { Ellipsis, ExternalLink } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { unwrap } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import type { Invoice } from '../../api/types.ts';
import { useEnvironment } from '../merchants/environment-context.tsx';
import { CloseInvoiceDialog } from './close-invoice-dialog.tsx';
import { CreditNoteDialog } from './credit-note-dialog.tsx';
import { MarkPaidDialog } from './mark-paid-dialog.tsx';
import { PdfButton } from './pdf-button.tsx';
import { RefundDialog } from './refund-dialog.tsx';
import { useInvoiceAction } from './use-invoice-action.ts';

type Asked = 'refund' | 'paid' | 'credit' | 'void' | 'uncollectible';

/** What can be done with an invoice in its state. */
export function InvoiceActions({ invoice }: { invoice: Invoice }) {
  const { api, can } = useEnvironment();
  const [asked, setAsked] = useState<Asked | null>(null);
  const close = () => setAsked(null);
  const charge = useInvoiceAction(invoice, {
    act: () =>
      unwrap(
        api.client.POST('/api/v1/invoices/{id}/pay', {
          params: { path: { id: invoice.id } },
          body: {},
        }),
      ),
    done: ({ outcome, decline }) => outcomes[outcome] + (decline ? ` ${decline.message}` : ''),
    onError: (error) => toast.error(describeError(error).message),
  });
  const release = useInvoiceAction(invoice, {
    act: () =>
      unwrap(api.client.POST('/api/v1/invoices/{id}/release', { params: { path: { id: invoice.id } } })),
    done: () => 'Released',
    onError: (error) => toast.error(describeError(error).message),
  });
  const isStripe = invoice.provider === 'stripe';
  const isParked = invoice.parked_at !== null;
  const isOpen = invoice.status === 'open';
  const refundable = isStripe && invoice.amount_paid.amount > invoice.amount_refunded.amount;
  const mayCharge = isStripe && isOpen && can('invoices:write');
  const mayRefund = refundable && can('refunds:write');
  const mayCredit = (isOpen || invoice.status === 'paid') && can('refunds:write');
  const mayClose = isOpen && can('invoices:write');
  return (
    <>
      {invoice.hosted_invoice_url ? (
        <Button asChild>
          <a href={invoice.hosted_invoice_url} target="_blank" rel="noreferrer">
            <ExternalLink aria-hidden />
            Page of the invoice
          </a>
        </Button>
      ) : null}
      {isStripe || invoice.status === 'draft' ? null : <PdfButton invoice={invoice} />}
      {isParked && can('invoices:write') ? (
        <>
          {isStripe ? null : <Button onClick={() => setAsked('void')}>Void…</Button>}
          <Button variant="primary" pending={release.isPending} onClick={() => release.mutate(undefined)}>
            Release
          </Button>
        </>
      ) : null}
      {!isStripe && mayClose ? (
        <Button variant="primary" onClick={() => setAsked('paid')}>
          Mark as paid
        </Button>
      ) : null}
      {mayCharge ? (
        <Button
          variant="primary"
          disabled={invoice.is_payment_under_way}
          pending={charge.isPending}
          onClick={() => charge.mutate(undefined)}
        >
          Charge now
        </Button>
      ) : null}
      {mayRefund ? <Button onClick={() => setAsked('refund')}>Refund</Button> : null}
      {mayCredit || mayClose ? (
        <DropdownMenu>
          <DropdownMenuTrigger asChild>
            <Button aria-label="More actions">
              <Ellipsis aria-hidden />
            </Button>
          </DropdownMenuTrigger>
          <DropdownMenuContent align="end">
            {mayCredit ? (
              <DropdownMenuItem onSelect={() => setAsked('credit')}>Issue a credit note…</DropdownMenuItem>
            ) : null}
            {mayClose ? (
              <>
                <DropdownMenuItem danger onSelect={() => setAsked('uncollectible')}>
                  Give it up…
                </DropdownMenuItem>
                <DropdownMenuItem danger onSelect={() => setAsked('void')}>
                  Void…
                </DropdownMenuItem>
              </>
            ) : null}
          </DropdownMenuContent>
        </DropdownMenu>
      ) : null}
      <RefundDialog invoice={invoice} open={asked === 'refund'} onClose={close} />
      <MarkPaidDialog invoice={invoice} open={asked === 'paid'} onClose={close} />
      <CreditNoteDialog invoice={invoice} open={asked === 'credit'} onClose={close} />
      <CloseInvoiceDialog invoice={invoice} as="void" open={asked === 'void'} onClose={close} />
      <CloseInvoiceDialog
        invoice={invoice}
        as="uncollectible"
        open={asked === 'uncollectible'}
        onClose={close}
      />
    </>
  );
}

const outcomes = {
  paid: 'Paid.',
  declined: 'The bank declined.',
  requires_action: 'The customer has to confirm the payment with the bank.',
  unknown: 'Stripe did not answer. The outcome will be shown here once it is known.',
} as const;
