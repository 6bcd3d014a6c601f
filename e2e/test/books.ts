import { openBooks, type Books as Audit } from '@karcis/infra/books/audit'
import type { Finding, Row } from '@karcis/infra/books/report'
import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'

/** What the databases say in the end: the audit of `npm run books`, and ways to make it fail. */
export interface Books extends AsyncDisposable {
  /** What is still under way, by name; empty when all has come to rest. */
  unfinished(): Promise<[what: string, count: number][]>
  /** Every way in which seats, stock, tickets, money, jobs and events disagree; empty when all is right. */
  contradictions(): Promise<Finding[]>
  /** PENDING bookings in time that have not all their places in an ACTIVE hold of their own. Right at any moment, while sales go on. */
  bookedWithoutPlaces(): Promise<Row[]>
  /** Takes a valid ticket out of use, as only a bug would. */
  loseTicket(): Promise<void>
  /** Ends the hold of a booking, as only a bug would. */
  loseHold(bookingId: string): Promise<void>
  /** Takes one place out of the hold of a booking, as only a bug would. */
  losePlace(bookingId: string): Promise<void>
  statusOf(bookingId: string): Promise<string>
}

export async function booksOf(databases: Record<SubgraphName, string>): Promise<Books> {
  const ticket = new pg.Pool({ connectionString: databases.ticket, max: 1 })
  const booking = new pg.Pool({ connectionString: databases.booking, max: 1 })
  const books = openBooks(databases)
  const wrong = async (options: Parameters<Audit['audit']>[0]) =>
    (await books.audit({ graceSeconds: 0, ...options })).filter(({ count }) => count > 0)

  return {
    unfinished: async () => Object.entries(await books.underWay()).filter(([, count]) => count > 0),
    contradictions: () => wrong({}),
    bookedWithoutPlaces: async () =>
      (await wrong({ only: ['pending-places'] })).flatMap(({ rows }) =>
        rows.map(({ booking_id: id, ...facts }) => ({ id, ...facts })),
      ),

    async loseHold(bookingId) {
      await ticket.query(`UPDATE holds SET status = 'EXPIRED', closed_at = now() WHERE booking_id = $1`, [
        bookingId,
      ])
    },

    async losePlace(bookingId) {
      await ticket.query(
        `DELETE FROM hold_items WHERE id = (SELECT i.id FROM hold_items i JOIN holds h ON h.id = i.hold_id
           WHERE h.booking_id = $1 LIMIT 1)`,
        [bookingId],
      )
    },

    async loseTicket() {
      await ticket.query(`UPDATE tickets SET status = 'CANCELLED' WHERE id = (
        SELECT id FROM tickets WHERE status = 'VALID' LIMIT 1)`)
    },

    async statusOf(bookingId) {
      const { rows } = await booking.query<{ status: string }>('SELECT status FROM bookings WHERE id = $1', [
        bookingId,
      ])
      return rows[0]?.status ?? 'lost'
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([ticket.end(), booking.end(), books[Symbol.asyncDispose]()])
    },
  }
}
