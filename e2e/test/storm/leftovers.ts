import { SUBGRAPHS, type SubgraphName } from '@karcis/kit/contracts/subgraphs'
import pg from 'pg'

/** What should have been done by now, in all four databases: events that are not delivered, jobs that wait or have failed. */
export async function leftovers(databases: Readonly<Record<SubgraphName, string>>): Promise<unknown[]> {
  const found = await Promise.all(
    SUBGRAPHS.map((database) =>
      reading(databases[database], async (client) => {
        const events = await client.query<object>(
          `SELECT 'event not delivered' AS what, type, consumer, aggregate_id, occurred_at FROM kit.outbox
           WHERE delivered_at IS NULL`,
        )
        const jobs = await client.query<object>(
          `SELECT 'job not done' AS what, id, task_identifier, key, attempts, max_attempts, run_at, locked_by, last_error
           FROM graphile_worker.jobs WHERE attempts > 0 OR run_at < now() - interval '3 seconds'`,
        )
        return [...events.rows, ...jobs.rows].map((row) => ({ database, ...row }))
      }),
    ),
  )
  return found.flat()
}

/** Seats and stock of an event as the database has them. */
export const truthOf = (ticketDatabase: string, eventId: string) =>
  reading(ticketDatabase, async (client) => {
    const seats = await client.query<{ id: string; status: string }>(
      'SELECT id, status::text FROM seats WHERE event_id = $1',
      [eventId],
    )
    const stock = await client.query<{ id: string; sold: number; held: number; available: number }>(
      'SELECT id, sold, held, available FROM ticket_types WHERE event_id = $1',
      [eventId],
    )
    return {
      seats: new Map(seats.rows.map(({ id, status }) => [id, status])),
      stock: new Map(stock.rows.map(({ id, ...numbers }) => [id, numbers])),
    }
  })

/** Status of every booking. */
export const bookingStatuses = (bookingDatabase: string): Promise<ReadonlyMap<string, string>> =>
  reading(bookingDatabase, async (client) => {
    const { rows } = await client.query<{ id: string; status: string }>('SELECT id, status FROM bookings')
    return new Map(rows.map(({ id, status }) => [id, status]))
  })

async function reading<T>(url: string, read: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return await read(client)
  } finally {
    await client.end()
  }
}
