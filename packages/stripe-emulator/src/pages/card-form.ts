import type { FormRecord } from '../http/form.ts';
import type { TypedCard } from '../resources/payment-methods.ts';

/** The inputs for a card, with the names browsers fill in by themselves. */
export const CARD_INPUTS = `
<label for="card-number">Card number</label>
<input id="card-number" name="card_number" inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242" required>
<div class="pair">
<div><label for="card-expiry">Expiry</label>
<input id="card-expiry" name="card_expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="MM / YY" required></div>
<div><label for="card-cvc">CVC</label>
<input id="card-cvc" name="card_cvc" inputmode="numeric" autocomplete="cc-csc" placeholder="123" required></div>
</div>`;

/** A bank account in place of a card, on pages that take one; its number or IBAN as Stripe publishes them. */
export const ACCOUNT_INPUTS = `
<details><summary>Pay from a bank account instead</summary>
<label for="account">Account number or IBAN</label>
<input id="account" name="account" autocomplete="off" placeholder="000123456789">
</details>`;

/** The card as it was typed; what is missing is refused later, as a card. */
export function typedCard(form: FormRecord): TypedCard {
  const [month = '', year = ''] = field(form, 'card_expiry').split('/');
  return {
    number: field(form, 'card_number'),
    exp_month: Number(month.trim()),
    exp_year: Number(year.trim()),
    cvc: field(form, 'card_cvc'),
  };
}

/** A field of a sent form as trimmed text, empty when absent. */
export function field(form: FormRecord, name: string): string {
  const value = form[name];
  return typeof value === 'string' ? value.trim() : '';
}
