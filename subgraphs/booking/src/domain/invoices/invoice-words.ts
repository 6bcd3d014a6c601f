import type { Invoice, InvoiceLine } from './invoice.ts'

/** Languages that an invoice can be had in: what stands in it is the same. */
export type Language = 'ID' | 'EN'

interface Words {
  locale: string
  kinds: Record<Invoice['kind'], string>
  number: string
  date: string
  credits: string
  seller: string
  buyer: string
  event: string
  booking: string
  description: string
  quantity: string
  unitPrice: string
  amount: string
  discount: string
  refund: string
  included: string
  total: Record<Invoice['kind'], string>
  page(at: number, of: number): string
}

export const WORDS: Record<Language, Words> = {
  ID: {
    locale: 'id-ID',
    kinds: { INVOICE: 'Faktur', CREDIT_NOTE: 'Nota kredit' },
    number: 'Nomor',
    date: 'Tanggal',
    credits: 'Untuk faktur',
    seller: 'Penjual',
    buyer: 'Pembeli',
    event: 'Acara',
    booking: 'Pemesanan',
    description: 'Uraian',
    quantity: 'Jumlah',
    unitPrice: 'Harga satuan',
    amount: 'Nilai',
    discount: 'Potongan',
    refund: 'Pengembalian sebagian',
    included: 'termasuk dalam harga',
    total: { INVOICE: 'Total dibayar', CREDIT_NOTE: 'Total dikembalikan' },
    page: (at, of) => `Halaman ${at} dari ${of}`,
  },
  EN: {
    locale: 'en-GB',
    kinds: { INVOICE: 'Invoice', CREDIT_NOTE: 'Credit note' },
    number: 'Number',
    date: 'Date',
    credits: 'For invoice',
    seller: 'Seller',
    buyer: 'Buyer',
    event: 'Event',
    booking: 'Booking',
    description: 'Description',
    quantity: 'Quantity',
    unitPrice: 'Unit price',
    amount: 'Amount',
    discount: 'Discount',
    refund: 'Partial refund',
    included: 'included in the price',
    total: { INVOICE: 'Total paid', CREDIT_NOTE: 'Total refunded' },
    page: (at, of) => `Page ${at} of ${of}`,
  },
}

/** The day of an instant. @param timezone IANA name. */
export const dateText = (instant: Date, timezone: string, { locale }: Words): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: timezone }).format(instant)

/** What stands for a line. */
export function lineText({ kind, name, inclusive }: InvoiceLine, words: Words): string {
  if (kind === 'DISCOUNT') return `${words.discount} (${name})`
  if (kind === 'REFUND') return name === '' ? words.refund : `${words.refund}: ${name}`
  return inclusive ? `${name} (${words.included})` : name
}
