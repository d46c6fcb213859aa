import { readSettings, type ConnectionOptions } from './internal/settings.ts';
import { Transport } from './internal/transport.ts';
import { Customers } from './resources/customers.ts';
import { Features } from './resources/features.ts';
import { Meters } from './resources/meters.ts';
import { Plans } from './resources/plans.ts';

export class BillingOS {
  readonly customers: Customers;
  readonly features: Features;
  readonly meters: Meters;
  readonly plans: Plans;

  constructor(options: ConnectionOptions = {}) {
    const transport = new Transport(readSettings(options));
    this.customers = new Customers(transport);
    this.features = new Features(transport);
    this.meters = new Meters(transport);
    this.plans = new Plans(transport);
  }
}
