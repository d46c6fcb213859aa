import { Injectable } from '@nestjs/common';
import { CompareCatalog } from './compare-catalog.ts';
import { CompareCustomers } from './compare-customers.ts';
import { CompareEntitlements } from './compare-entitlements.ts';
import { CompareInvoices, CompareOpenInvoices, CompareUnlistedInvoices } from './compare-invoices.ts';
import { CompareMeters } from './compare-meters.ts';
import { CompareEnded, CompareRunning, CompareUnlisted } from './compare-with-stripe.ts';
import type { Phase } from './phase.ts';

/** What is compared, in this order: what others rest on comes first. */
@Injectable()
export class Phases {
  private readonly all: [Phase, ...Phase[]];

  constructor(
    catalog: CompareCatalog,
    customers: CompareCustomers,
    running: CompareRunning,
    ended: CompareEnded,
    unlisted: CompareUnlisted,
    invoices: CompareInvoices,
    openInvoices: CompareOpenInvoices,
    unlistedInvoices: CompareUnlistedInvoices,
    entitlements: CompareEntitlements,
    meters: CompareMeters,
  ) {
    this.all = [
      catalog,
      customers,
      running,
      ended,
      unlisted,
      invoices,
      openInvoices,
      unlistedInvoices,
      entitlements,
      meters,
    ];
  }

  get first(): Phase {
    return this.all[0];
  }

  named(name: string): Phase | undefined {
    return this.all.find((phase) => phase.name === name);
  }

  /** The name of the phase after one; `done` is none. */
  after(name: string): string {
    return this.all[this.all.findIndex((phase) => phase.name === name) + 1]?.name ?? 'done';
  }
}
