import { formatAmount, formatUnitAmount } from '@billingos/pricing/money';
import { Document, Font, Page, StyleSheet, Text, View } from '@react-pdf/renderer';
import { fileURLToPath } from 'node:url';

/** What an invoice says on paper. Amounts are minor units. */
export interface PrintedInvoice {
  number: string;
  status: 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';
  currency: string;
  issued_at: Date;
  due_at: Date | null;
  paid_at: Date | null;
  seller: { name: string; address: string | null; tax_id: string | null };
  customer: { name: string; email: string | null };
  lines: {
    description: string;
    period: { start: Date; end: Date } | null;
    quantity: string;
    unit_amount: string | null;
    amount: number;
  }[];
  subtotal: number;
  tax: { label: string; rate: string; amount: number } | null;
  total: number;
  credited: number;
  paid: number;
  remaining: number;
  notes: string | null;
}

const fonts = fileURLToPath(new URL('../../../assets/fonts/', import.meta.url));
// The built-in fonts of PDF know Western European letters only, and no rupee.
Font.register({
  family: 'Geist',
  fonts: [
    { src: `${fonts}Geist-Regular.ttf`, fontWeight: 400 },
    { src: `${fonts}Geist-SemiBold.ttf`, fontWeight: 600 },
  ],
});
// A number or a name that is torn apart is hard to read: lines break between words.
Font.registerHyphenationCallback((word) => [word]);

/** Symbols the font has. Other currencies are written by their code. */
const symbols = new Set(['usd', 'eur', 'gbp', 'inr', 'jpy', 'cny', 'ils', 'php', 'uah', 'thb']);

const ink = '#18181b';
const quiet = '#6b6b74';
const rule = '#e4e4e7';
const styles = StyleSheet.create({
  page: { fontFamily: 'Geist', fontSize: 9.5, lineHeight: 1.45, color: ink, padding: '48pt 48pt 64pt' },
  head: { flexDirection: 'row', justifyContent: 'space-between', marginBottom: 36 },
  title: { fontSize: 20, fontWeight: 600, lineHeight: 1.2 },
  strong: { fontWeight: 600 },
  quiet: { color: quiet },
  seller: { alignItems: 'flex-end', maxWidth: 260 },
  address: { textAlign: 'right' },
  facts: { flexDirection: 'row', marginBottom: 32 },
  fact: { flexGrow: 1, flexBasis: 0, paddingRight: 16 },
  label: { color: quiet, fontSize: 8, marginBottom: 2 },
  row: { flexDirection: 'row', paddingVertical: 7, borderBottom: `0.5pt solid ${rule}` },
  header: {
    flexDirection: 'row',
    paddingBottom: 5,
    borderBottom: `0.75pt solid ${ink}`,
    fontSize: 8,
    color: quiet,
  },
  description: { flexGrow: 1, flexBasis: 0, paddingRight: 12 },
  number: { width: 92, textAlign: 'right' },
  totals: { marginLeft: 'auto', width: 250, marginTop: 12 },
  total: { flexDirection: 'row', justifyContent: 'space-between', paddingVertical: 3 },
  grand: {
    flexDirection: 'row',
    justifyContent: 'space-between',
    marginTop: 4,
    paddingTop: 8,
    borderTop: `0.75pt solid ${ink}`,
    fontSize: 12,
    fontWeight: 600,
  },
  notes: { marginTop: 36, paddingTop: 12, borderTop: `0.5pt solid ${rule}` },
  foot: {
    position: 'absolute',
    // A4 is 842 points high.
    top: 798,
    left: 48,
    right: 48,
    flexDirection: 'row',
    justifyContent: 'space-between',
    fontSize: 8,
    color: quiet,
  },
});

/** An invoice on A4; long lists go on over pages, each with the heads of the columns and its number. */
export function InvoiceDocument({ invoice }: { invoice: PrintedInvoice }) {
  const { currency, seller, customer, tax } = invoice;
  const display = symbols.has(currency) ? 'symbol' : 'code';
  const money = (amount: number): string => formatAmount(amount, currency, { display });
  return (
    <Document title={`Invoice ${invoice.number}`} author={seller.name} language="en">
      <Page size="A4" style={styles.page}>
        <View style={styles.head}>
          <View>
            <Text style={styles.title}>Invoice</Text>
            <Text style={styles.quiet}>{invoice.number}</Text>
          </View>
          <View style={styles.seller}>
            <Text style={[styles.strong, styles.address]}>{seller.name}</Text>
            {seller.address === null ? null : <Text style={styles.address}>{seller.address}</Text>}
            {seller.tax_id === null ? null : <Text style={styles.quiet}>{seller.tax_id}</Text>}
          </View>
        </View>

        <View style={styles.facts}>
          <View style={styles.fact}>
            <Text style={styles.label}>Billed to</Text>
            <Text style={styles.strong}>{customer.name}</Text>
            {customer.email === null ? null : <Text>{customer.email}</Text>}
          </View>
          <Fact label="Issued" value={date(invoice.issued_at)} />
          {invoice.due_at === null ? null : <Fact label="Due" value={date(invoice.due_at)} />}
          <Fact label="Status" value={statusOf(invoice)} />
        </View>

        <View style={styles.header} fixed>
          <Text style={styles.description}>Description</Text>
          <Text style={styles.number}>Quantity</Text>
          <Text style={styles.number}>Unit price</Text>
          <Text style={styles.number}>Amount</Text>
        </View>
        {invoice.lines.map((line, index) => (
          <View key={index} style={styles.row} wrap={false}>
            <View style={styles.description}>
              <Text>{line.description}</Text>
              {line.period === null ? null : (
                <Text style={styles.quiet}>
                  {date(line.period.start)} – {date(line.period.end)}
                </Text>
              )}
            </View>
            <Text style={styles.number}>{grouped(line.quantity)}</Text>
            <Text style={styles.number}>
              {line.unit_amount === null ? '' : formatUnitAmount(line.unit_amount, currency, { display })}
            </Text>
            <Text style={styles.number}>{money(line.amount)}</Text>
          </View>
        ))}

        <View style={styles.totals} wrap={false}>
          <Total label="Subtotal" value={money(invoice.subtotal)} />
          {tax === null ? null : <Total label={`${tax.label} (${tax.rate}%)`} value={money(tax.amount)} />}
          <View style={styles.grand}>
            <Text>Total</Text>
            <Text>{money(invoice.total)}</Text>
          </View>
          {invoice.credited === 0 ? null : <Total label="Credit notes" value={money(-invoice.credited)} />}
          {invoice.paid === 0 ? null : <Total label="Paid" value={money(-invoice.paid)} />}
          {invoice.remaining === invoice.total ? null : (
            <Total label="Still due" value={money(invoice.remaining)} />
          )}
        </View>

        {invoice.notes === null ? null : (
          <View style={styles.notes} wrap={false}>
            <Text>{invoice.notes}</Text>
          </View>
        )}

        <View style={styles.foot} fixed>
          <Text>
            {seller.name} · {invoice.number}
          </Text>
          <Text render={({ pageNumber, totalPages }) => `Page ${pageNumber} of ${totalPages}`} />
        </View>
      </Page>
    </Document>
  );
}

function Fact({ label, value }: { label: string; value: string }) {
  return (
    <View style={styles.fact}>
      <Text style={styles.label}>{label}</Text>
      <Text>{value}</Text>
    </View>
  );
}

function Total({ label, value }: { label: string; value: string }) {
  return (
    <View style={styles.total}>
      <Text style={styles.quiet}>{label}</Text>
      <Text>{value}</Text>
    </View>
  );
}

function statusOf({ status, paid_at: paidAt }: PrintedInvoice): string {
  switch (status) {
    case 'paid':
      return paidAt === null ? 'Paid' : `Paid on ${date(paidAt)}`;
    case 'void':
      return 'Void';
    case 'draft':
      return 'Draft';
    case 'open':
    case 'uncollectible':
      return 'To be paid';
  }
}

/** 12 January 2027, in UTC as periods are. */
function date(at: Date): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(at);
}

/** 12345.5 units are "12,345.5". */
function grouped(quantity: string): string {
  const [whole = '', decimals] = quantity.split('.');
  const units = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals === undefined ? units : `${units}.${decimals}`;
}
