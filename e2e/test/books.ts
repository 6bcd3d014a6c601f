import type { SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'

const GRANT = 1_000_000

/** A disagreement, with the rows that show it. */
interface Finding {
  what: string
  [column: string]: unknown
}

/** What the databases say in the end, read past every API. */
export interface Books extends AsyncDisposable {
  /** What is still under way: holds that are open, bookings that are not paid, or not fulfilled. */
  unfinished(): Promise<unknown[]>
  /** Every way in which seats, stock, tickets and money could disagree; empty when all is right. */
  contradictions(): Promise<Finding[]>
  /**
   * PENDING bookings in time that have not all their places in an ACTIVE hold of their own. Right at any moment, while sales go
   * on: a booking counts only if it was PENDING both before and after its places were counted.
   */
  bookedWithoutPlaces(): Promise<Finding[]>
  /** Takes a valid ticket out of use, as only a bug would. */
  loseTicket(): Promise<void>
  /** Ends the hold of a booking, as only a bug would. */
  loseHold(bookingId: string): Promise<void>
  /** Takes one place out of the hold of a booking, as only a bug would. */
  losePlace(bookingId: string): Promise<void>
  statusOf(bookingId: string): Promise<string>
}

interface BookingRow {
  id: string
  status: string
  total_price: string
  user_id: string
  places: number
}

export async function booksOf(databases: Record<SubgraphName, string>): Promise<Books> {
  const ticket = new pg.Pool({ connectionString: databases.ticket, max: 2 })
  const booking = new pg.Pool({ connectionString: databases.booking, max: 2 })
  const rows = async <T extends pg.QueryResultRow>(pool: pg.Pool, sql: string) =>
    (await pool.query<T>(sql)).rows
  const bookings = () =>
    rows<BookingRow>(
      booking,
      `SELECT b.id, b.status, b.total_price, b.user_id, sum(i.quantity)::int AS places
       FROM bookings b JOIN booking_items i ON i.booking_id = b.id GROUP BY b.id`,
    )

  /** Places by PENDING booking in time. @param ids only of these; null: of all. */
  async function pending(ids: string[] | null): Promise<Map<string, number>> {
    const found = await booking.query<{ id: string; places: number }>(
      `SELECT b.id, sum(i.quantity)::int AS places FROM bookings b JOIN booking_items i ON i.booking_id = b.id
       LEFT JOIN event_copies e ON e.event_id = b.event_id
       WHERE b.status = 'PENDING' AND least(b.expires_at, e.payable_until) > clock_timestamp()
         AND ($1::uuid[] IS NULL OR b.id = ANY($1)) GROUP BY b.id`,
      [ids],
    )
    return new Map(found.rows.map(({ id, places }) => [id, places]))
  }

  return {
    async unfinished() {
      const late = await rows(
        booking,
        `SELECT id, status, fulfilled FROM bookings WHERE NOT fulfilled OR status = 'PENDING'`,
      )
      const held = await rows(ticket, `SELECT id, expires_at FROM holds WHERE status = 'ACTIVE'`)
      return [...late, ...held]
    },

    async contradictions() {
      const found: Finding[] = [
        ...(await rows<Finding>(
          ticket,
          `SELECT 'held for ever' AS what, id FROM seats WHERE status = 'HELD'`,
        )),
        ...(await rows<Finding>(
          ticket,
          `SELECT 'sold without a ticket, or the reverse' AS what, s.id, s.status, t.id AS ticket FROM seats s
           LEFT JOIN tickets t ON t.seat_id = s.id AND t.status IN ('VALID', 'USED')
           WHERE (s.status = 'SOLD') <> (t.id IS NOT NULL)`,
        )),
        ...(await rows<Finding>(
          ticket,
          `SELECT 'stock does not match tickets' AS what, y.id, y.sold, y.held, count(t.id) AS tickets FROM ticket_types y
           LEFT JOIN tickets t ON t.ticket_type_id = y.id AND t.status IN ('VALID', 'USED')
           GROUP BY y.id HAVING y.sold <> count(t.id) OR y.held <> 0 OR y.available <> y.quota - y.sold`,
        )),
        ...(await rows<Finding>(
          ticket,
          `SELECT 'places count as open that nobody holds' AS what, user_id, event_id, taken FROM open_places WHERE taken <> 0`,
        )),
        ...(await rows<Finding>(
          booking,
          `SELECT 'ledger is off' AS what, currency, sum(amount) FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0`,
        )),
      ]
      const tickets = await rows<{ booking_id: string; live: number; dead: number }>(
        ticket,
        `SELECT booking_id, count(*) FILTER (WHERE status IN ('VALID', 'USED'))::int AS live,
           count(*) FILTER (WHERE status NOT IN ('VALID', 'USED'))::int AS dead FROM tickets GROUP BY booking_id`,
      )
      const byBooking = new Map(tickets.map((row) => [row.booking_id, row]))
      const all = await bookings()
      const spent = new Map<string, number>()
      for (const one of all) {
        const live = byBooking.get(one.id)?.live ?? 0
        byBooking.delete(one.id)
        if (live !== (one.status === 'PAID' ? one.places : 0))
          found.push({ what: 'paid and tickets disagree', ...one, live })
        if (one.status === 'PAID')
          spent.set(one.user_id, (spent.get(one.user_id) ?? 0) + Number(one.total_price))
      }
      for (const orphan of byBooking.values())
        if (orphan.live > 0) found.push({ what: 'tickets without a booking', ...orphan })
      const wallets = await rows<{ owner_id: string; balance: string }>(
        booking,
        `SELECT owner_id, balance FROM ledger_accounts WHERE kind = 'WALLET'`,
      )
      for (const { owner_id, balance } of wallets) {
        if (Number(balance) !== GRANT - (spent.get(owner_id) ?? 0))
          found.push({ what: 'money lost or made', owner_id, balance })
      }
      return found
    },

    async bookedWithoutPlaces() {
      const before = await pending(null)
      const held = await ticket.query<{ id: string; places: number }>(
        `SELECT h.booking_id AS id, sum(i.quantity)::int AS places
         FROM holds h JOIN hold_items i ON i.hold_id = h.id LEFT JOIN seats s ON s.id = i.seat_id
         WHERE h.booking_id = ANY($1) AND h.status = 'ACTIVE' AND h.expires_at > clock_timestamp()
           AND (i.seat_id IS NULL OR (s.status = 'HELD' AND s.hold_id = h.id))
         GROUP BY h.booking_id`,
        [[...before.keys()]],
      )
      const placesOf = new Map(held.rows.map(({ id, places }) => [id, places]))
      const after = await pending([...before.keys()])
      return [...after]
        .map(([id, places]) => ({
          what: 'booked without its places',
          id,
          places,
          held: placesOf.get(id) ?? 0,
        }))
        .filter(({ places, held: has }) => has !== places)
    },

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
      return (await bookings()).find((one) => one.id === bookingId)?.status ?? 'lost'
    },

    async [Symbol.asyncDispose]() {
      await Promise.all([ticket.end(), booking.end()])
    },
  }
}
