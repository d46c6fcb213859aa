const plain = new Intl.NumberFormat('en-US');
const exact = new Intl.NumberFormat('en-US', { maximumFractionDigits: 12 });
const typeable = new Intl.NumberFormat('en-US', { maximumFractionDigits: 12, useGrouping: false });
const percent = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** "12,345" */
export function formatNumber(value: number): string {
  return plain.format(value);
}

/** "0.0025", with every decimal that counts: of credits and what they cost, a part is worth money. */
export function formatExact(value: number): string {
  return exact.format(value);
}

/** "12.3K", for an axis */
export function formatCompact(value: number): string {
  return compact.format(value);
}

/** "57.3%" of a whole; what is there but rounds to nothing is "<0.1%". */
export function formatPart(part: number): string {
  return part > 0 && part < 0.0005 ? '<0.1%' : percent.format(part);
}

/** Whole numbers up to what a JSON number carries exactly; undefined for anything else. */
export function parseCount(typed: string): number | undefined {
  const digits = typed.trim().replaceAll(',', '');
  return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined;
}

/** What somebody typed as a quantity above 0: "1,500" is 1500, "0.25" is 0.25. Undefined when the API would refuse it. */
export function parseQuantity(typed: string): number | undefined {
  const text = typed.trim().replaceAll(',', '');
  const digits = text.replace('.', '').replace(/^0+/, '');
  const fits = /^\d{1,15}(?:\.\d{1,12})?$/.test(text) && digits.length <= 15;
  return fits && Number(text) > 0 ? Number(text) : undefined;
}

/** What `parseQuantity` reads back: 1e-7 is "0.0000001". */
export function quantityText(value: number): string {
  return typeable.format(value);
}
