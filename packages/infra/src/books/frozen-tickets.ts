import type pg from 'pg'
import { byId, type CrossCheck, idOf, inOrder } from './cross-check.ts'
import type { Row } from './report.ts'

/** How tickets of a booking are, of those that could admit somebody. */
interface TicketRow extends pg.QueryResultRow {
  /** Of the booking. */
  id: string
  frozen: number
  free: number
}

interface PaidRow extends pg.QueryResultRow {
  /** Of the booking. */
  id: string
  payment_id: string
  disputed: boolean
}

const TICKETS = `SELECT booking_id::text AS id, count(*) FILTER (WHERE frozen)::int AS frozen, count(*) FILTER (WHERE NOT frozen)::int AS free
  FROM tickets WHERE status = 'VALID'`

/** Bookings with their tickets, and whether what paid for them is in dispute; not where that has only just changed. */
const paidBefore = (graceSeconds: number): string =>
  `SELECT b.id::text AS id, p.id AS payment_id, p.status = 'DISPUTED' AS disputed
   FROM payments p JOIN bookings b ON b.id = p.booking_id OR b.checkout_id = p.checkout_id
   WHERE b.fulfilled AND p.captured_amount > 0 AND p.updated_at < now() - make_interval(secs => ${graceSeconds})`

/** What keeps those out who have their bank take the money back. It is done by a job, after the money was moved. */
export const FROZEN_TICKETS: CrossCheck = {
  name: 'frozen-tickets',
  rule: 'tickets are frozen while their payment is in dispute, and no longer',
  databases: ['ticket', 'booking'],
  async *breaches({ booking, ticket }, { graceSeconds }) {
    const paid = paidBefore(graceSeconds)
    const ticketsOf = (ids: readonly string[]) =>
      byId<TicketRow>(ticket, `${TICKETS} AND booking_id = ANY($1::uuid[]) GROUP BY booking_id`, ids)
    /** Of bookings that look wrong, those whose payment is as it was after their tickets were read again. */
    async function confirm(suspects: readonly string[]): Promise<Row[]> {
      if (suspects.length === 0) return []
      const tickets = await ticketsOf(suspects)
      const still = await byId<PaidRow>(booking, `${paid} AND b.id = ANY($1::uuid[])`, suspects)
      return [...still.values()].flatMap(({ id, payment_id, disputed }) => {
        const { frozen = 0, free = 0 } = tickets.get(id) ?? {}
        const wrong = disputed ? free : frozen
        return wrong > 0 ? [{ booking_id: id, payment_id, disputed, frozen, free }] : []
      })
    }

    const frozen = inOrder<TicketRow>(
      ticket,
      `${TICKETS} AND frozen AND booking_id > $1 GROUP BY booking_id ORDER BY booking_id LIMIT $2`,
    )
    for await (const batch of frozen) {
      const paidFor = await byId<PaidRow>(booking, `${paid} AND b.id = ANY($1::uuid[])`, batch.map(idOf))
      yield await confirm(batch.map(idOf).filter((id) => paidFor.get(id)?.disputed === false))
    }
    const disputed = inOrder<PaidRow>(
      booking,
      `${paid} AND p.status = 'DISPUTED' AND b.id > $1 ORDER BY b.id LIMIT $2`,
    )
    for await (const batch of disputed) {
      const tickets = await ticketsOf(batch.map(idOf))
      const free = batch.map(idOf).filter((id) => (tickets.get(id)?.free ?? 0) > 0)
      yield (await confirm(free)).filter((row) => row.disputed)
    }
  },
  repair: {
    how: 'enqueued again (settle-dispute)',
    async run({ booking }, breaches) {
      const { rows } = await booking.query<{ count: number }>(
        `SELECT count(graphile_worker.add_job('settle-dispute', payload => json_build_object('paymentId', id),
           job_key => 'settle-dispute:' || id, max_attempts => 25))::int AS count FROM unnest($1::uuid[]) AS payment (id)`,
        [[...new Set(breaches.map(({ payment_id }) => payment_id))]],
      )
      return rows[0]?.count ?? 0
    },
  },
}
