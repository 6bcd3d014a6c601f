import { MONEY_CHECKS } from '@karcis/infra/books/money'
import type { Db } from '../src/domain/database.ts'

const TOTALS = `totals { currency bookings refundedBookings tickets refundedTickets gross discount refunded net }`

export const REPORT = `fragment R on SalesReport { timezone ${TOTALS} byDay { day ${TOTALS} } byMethod { method ${TOTALS} }
  byTicketType { name ${TOTALS} } byPromoCode { code ${TOTALS} } }`

export const SALES = `query ($eventId: ID!) { salesReport(eventId: $eventId) { ...R } } ${REPORT}`

export const SALES_CHANGED = `subscription ($eventId: ID!) { salesChanged(eventId: $eventId) { ${TOTALS} } }`

export const MY_SALES = `query ($first: Int, $after: String) { mySales(first: $first, after: $after) { totalCount pageInfo { endCursor }
  ${TOTALS} edges { node { event { id } ${TOTALS} } } } }`

/** Totals of nothing, but for what is given. */
export const totals = (given: Record<string, unknown>) => ({
  currency: 'IDR',
  bookings: 0,
  refundedBookings: 0,
  tickets: 0,
  refundedTickets: 0,
  gross: 0,
  discount: 0,
  refunded: 0,
  net: 0,
  ...given,
})

/** What `npm run books` has to say against the sales that were noted. */
export async function salesProblems(db: Db): Promise<unknown[]> {
  const checks = MONEY_CHECKS.filter(({ name }) => name.startsWith('sales'))
  const found = await Promise.all(
    checks.map((check) => db.$queryRawUnsafe<unknown[]>(check.breaches({ graceSeconds: 0, repair: false }))),
  )
  return found.flat()
}
