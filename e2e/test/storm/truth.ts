import pg from 'pg'

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
