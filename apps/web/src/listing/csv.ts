export type CsvColumn<Row> = { header: string; value: (row: Row) => string | number | null };

/**
 * A CSV document (RFC 4180, CRLF). A text that begins like a formula gets a leading apostrophe: a customer named
 * `=HYPERLINK(…)` must stay a name when the file is opened in a spreadsheet.
 */
export function csv<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ header }) => cell(header))];
  for (const row of rows) lines.push(columns.map(({ value }) => cell(value(row))));
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
