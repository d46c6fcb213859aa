export { BillingOS } from './client.ts';
