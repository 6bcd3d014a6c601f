import type { BookingItem } from '../bookings/booking.ts'
import type { BookingFee, FeeKind } from '../fees/fee.ts'
import { sumOf } from '../promos/discount.ts'

export type InvoiceKind = 'INVOICE' | 'CREDIT_NOTE'

/** One line. `amount` is in the smallest unit of the invoice's currency, below zero where it makes it cheaper. */
export interface InvoiceLine {
  /** PLACE: of the booking's items; REFUND: a part of what was paid, that goes back. */
  kind: 'PLACE' | 'DISCOUNT' | 'REFUND' | FeeKind
  /** Of a DISCOUNT its promo codes, of a REFUND why it is given; else what it is called. */
  name: string
  quantity: number
  unitPrice: number
  amount: number
  /** Of fees and taxes: hundredths of a percent. */
  basisPoints: number
  /** Inside of other lines, and no part of the sum. */
  inclusive: boolean
}

/** What an invoice says, as it was when it was issued. */
export interface InvoiceContent {
  /** The organizer's name, and the buyer's. */
  seller: string
  buyer: string
  /** Title of the event; null when it was gone by then. */
  event: string | null
  lines: InvoiceLine[]
}

/** An invoice of a payment, or a credit note of a refund. It never changes. */
export interface Invoice {
  id: string
  kind: InvoiceKind
  organizerId: string
  year: number
  number: number
  /** What a credit note credits; null of an invoice. */
  invoiceId: string | null
  bookingId: string
  eventId: string
  userId: string
  currency: string
  total: number
  content: InvoiceContent
  issuedAt: Date
}

const PREFIX: Record<InvoiceKind, string> = { INVOICE: 'INV', CREDIT_NOTE: 'CN' }

/** As people write it, such as `INV/2026/000123`; unique for its organizer. */
export const numberText = ({ kind, year, number }: Pick<Invoice, 'kind' | 'year' | 'number'>): string =>
  `${PREFIX[kind]}/${year}/${String(number).padStart(6, '0')}`

/** What lines come to. */
export const totalOf = (lines: readonly InvoiceLine[]): number =>
  sumOf(lines.filter(({ inclusive }) => !inclusive).map(({ amount }) => amount))

const one = { quantity: 1, basisPoints: 0, inclusive: false }

/** The lines of a booking that was paid, which sum to what was. @param codes that made it cheaper. */
export function linesOf(
  items: readonly BookingItem[],
  fees: readonly BookingFee[],
  codes: readonly string[],
): InvoiceLine[] {
  const discount = sumOf(items.map((item) => item.discount))
  return [
    ...items.map(({ name, seatLabel, quantity, unitPrice }) => ({
      ...one,
      kind: 'PLACE' as const,
      name: seatLabel === null ? name : `${name}, ${seatLabel}`,
      quantity,
      unitPrice,
      amount: unitPrice * quantity,
    })),
    ...(discount === 0
      ? []
      : [
          {
            ...one,
            kind: 'DISCOUNT' as const,
            name: codes.join(', '),
            unitPrice: -discount,
            amount: -discount,
          },
        ]),
    ...fees.map(({ kind, name, basisPoints, inclusive, amount }) => ({
      ...one,
      kind,
      name,
      basisPoints,
      inclusive,
      unitPrice: amount,
      amount,
    })),
  ]
}

/**
 * The lines of what goes back: those of the invoice where it is all of it, else one, with the tax that is inside of it.
 * @param back in all, and how much of it is tax.
 */
export function creditLines(
  invoiced: readonly InvoiceLine[],
  back: { total: number; tax: number; reason: string | null },
): InvoiceLine[] {
  const { total, tax, reason } = back
  if (total === totalOf(invoiced)) return [...invoiced]
  const part = { ...one, kind: 'REFUND' as const, name: reason ?? '', unitPrice: total, amount: total }
  if (tax === 0) return [part]
  const taxes = invoiced.filter(({ kind }) => kind === 'TAX').map(({ name }) => name)
  const inside = { ...one, kind: 'TAX' as const, name: taxes.join(', '), inclusive: true }
  return [part, { ...inside, unitPrice: tax, amount: tax }]
}
