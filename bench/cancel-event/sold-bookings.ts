import { newId } from '@karcis/kit/ids'
import pg from 'pg'

/** An event with one type of ticket, all of whose bookings are of one place. */
export interface SoldEvent {
  eventId: string
  organizerId: string
  ticketTypeId: string
  /** In rupiah. */
  price: number
}

/** A booking that is to be written as paid, and what belongs to it. */
interface Sold {
  bookingId: string
  userId: string
  holdId: string
  ticketId: string
  paymentId: string
}

/** Pays at Xendit: tells the stand-in of a payment, and gives the id of its invoice there. */
export type PayAtXendit = (paymentId: string, amount: number) => Promise<string>

const GRANT = 1_000_000
/** Bookings of one transaction. */
const CHUNK = 2_000
const FIRST_CHUNK = 100
const PLATFORM = '00000000-0000-0000-0000-000000000000'

/**
 * Writes so many paid bookings of an event into the databases of ticket and booking, as its sale would have left them, past the sale itself: each of a buyer
 * of their own. All triggers and checks of the tables are at work. Only the codes of the tickets are nobody's signature.
 * @param urls of the databases. @param everyNth is paid at Xendit instead of by the wallet.
 */
export async function writeSold(
  urls: { booking: string; ticket: string },
  event: SoldEvent,
  count: number,
  { everyNth, payAtXendit }: { everyNth: number; payAtXendit: PayAtXendit },
): Promise<void> {
  const [booking, ticket] = [new pg.Client(urls.booking), new pg.Client(urls.ticket)]
  await Promise.all([booking.connect(), ticket.connect()])
  try {
    // The first are few: the plans of triggers that were made for empty tables read all of them for each row.
    for (let at = 0, chunk = FIRST_CHUNK; at < count; at += chunk, chunk = CHUNK) {
      const sold = Array.from({ length: Math.min(chunk, count - at) }, () => ({
        bookingId: newId(),
        userId: newId(),
        holdId: newId(),
        ticketId: newId(),
        paymentId: newId(),
      }))
      const invoices = new Map<string, string>()
      for (const { paymentId } of sold.filter((_, n) => (at + n) % everyNth === 0))
        invoices.set(paymentId, await payAtXendit(paymentId, event.price))
      await inTransaction(ticket, () => writeTickets(ticket, event, sold))
      await inTransaction(booking, async () => {
        await writeWallets(
          booking,
          sold.map(({ userId }) => userId),
        )
        await writeBookings(booking, event, sold, invoices)
      })
      if (at <= CHUNK) for (const client of [booking, ticket]) await client.query('ANALYZE')
    }
    for (const client of [booking, ticket]) await client.query('VACUUM (ANALYZE)')
  } finally {
    await Promise.all([booking.end(), ticket.end()])
  }
}

/** Opens a wallet for each, with the grant that who signs up is given. */
export async function writeWallets(client: pg.Client, userIds: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO ledger_accounts (id, kind, owner_id, currency, balance)
      SELECT uuidv7(), 'WALLET', owner, 'IDR', 0 FROM unnest($1::uuid[]) AS owner`,
    [userIds],
  )
  await client.query(
    `INSERT INTO ledger_accounts (id, kind, owner_id, currency) VALUES (uuidv7(), 'SIGNUP_GRANTS', $1, 'IDR') ON CONFLICT DO NOTHING`,
    [PLATFORM],
  )
  await client.query(
    `INSERT INTO signup_grants (person, user_id) SELECT 'user:' || owner, owner FROM unnest($1::uuid[]) AS owner`,
    [userIds],
  )
  await client.query(
    `WITH change AS (INSERT INTO ledger_transactions (id, kind, reference)
        SELECT uuidv7(), 'GRANT', 'grant:' || owner FROM unnest($1::uuid[]) AS owner RETURNING id, split_part(reference, ':', 2)::uuid AS owner)
      INSERT INTO ledger_entries (id, transaction_id, account_id, currency, amount)
      SELECT uuidv7(), change.id, account.id, 'IDR', side.amount
      FROM change CROSS JOIN (VALUES ('WALLET', $2::bigint), ('SIGNUP_GRANTS', -$2::bigint)) AS side (kind, amount)
      JOIN ledger_accounts account ON account.kind = side.kind AND account.currency = 'IDR'
        AND account.owner_id = CASE side.kind WHEN 'WALLET' THEN change.owner ELSE $3::uuid END`,
    [userIds, GRANT, PLATFORM],
  )
}

/** Bookings, each paid, with its tickets noted, and invoiced. */
async function writeBookings(
  client: pg.Client,
  event: SoldEvent,
  sold: readonly Sold[],
  invoices: ReadonlyMap<string, string>,
): Promise<void> {
  const { eventId, organizerId, ticketTypeId, price } = event
  const ids = sold.map(({ bookingId }) => bookingId)
  await client.query(
    `INSERT INTO bookings (id, user_id, event_id, organizer_id, hold_id, currency, subtotal, total_price, expires_at)
      SELECT one.id, one.user_id, $4, $5, one.hold_id, 'IDR', $6, $6, now() + interval '10 minutes'
      FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS one (id, user_id, hold_id)`,
    [ids, sold.map(({ userId }) => userId), sold.map(({ holdId }) => holdId), eventId, organizerId, price],
  )
  await client.query(
    `INSERT INTO booking_items (booking_id, position, ticket_type_id, name, kind, unit_price, quantity)
      SELECT id, 0, $2, 'Standing', 'PAID', $3, 1 FROM unnest($1::uuid[]) AS id`,
    [ids, ticketTypeId, price],
  )
  await client.query(
    `INSERT INTO payments (id, booking_id, provider, provider_reference, status, amount, captured_amount, currency, paid_at, expires_at)
      SELECT one.id, one.booking_id, CASE WHEN one.invoice IS NULL THEN 'WALLET' ELSE 'XENDIT' END, one.invoice, 'PAID', $4, $4, 'IDR', now(),
        CASE WHEN one.invoice IS NOT NULL THEN now() + interval '10 minutes' END
      FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS one (id, booking_id, invoice)`,
    [
      sold.map(({ paymentId }) => paymentId),
      ids,
      sold.map(({ paymentId }) => invoices.get(paymentId) ?? null),
      price,
    ],
  )
  await client.query(
    `INSERT INTO ledger_accounts (id, kind, owner_id, currency)
      VALUES (uuidv7(), 'EVENT_SALES', $1, 'IDR'), (uuidv7(), 'CLEARING:XENDIT', $2, 'IDR') ON CONFLICT DO NOTHING`,
    [eventId, PLATFORM],
  )
  await client.query(
    `WITH change AS (INSERT INTO ledger_transactions (id, kind, booking_id, reference)
        SELECT uuidv7(), 'PAYMENT', id, 'payment:' || id FROM unnest($1::uuid[]) AS id RETURNING id, booking_id),
      paid AS (SELECT change.id, booking.event_id, booking.user_id, payment.provider
        FROM change JOIN bookings booking ON booking.id = change.booking_id JOIN payments payment ON payment.booking_id = booking.id),
      side AS (SELECT id, 'EVENT_SALES' AS kind, event_id AS owner, $2::bigint AS amount FROM paid
        UNION ALL SELECT id, 'WALLET', user_id, -$2::bigint FROM paid WHERE provider = 'WALLET'
        UNION ALL SELECT id, 'CLEARING:XENDIT', $3::uuid, -$2::bigint FROM paid WHERE provider = 'XENDIT')
      INSERT INTO ledger_entries (id, transaction_id, account_id, currency, amount)
      SELECT uuidv7(), side.id, account.id, 'IDR', side.amount
      FROM side JOIN ledger_accounts account ON (account.kind, account.owner_id, account.currency) = (side.kind, side.owner, 'IDR')`,
    [ids, price, PLATFORM],
  )
  await client.query(
    `UPDATE bookings SET status = 'PAID', version = 3, updated_at = now() WHERE id = ANY($1::uuid[])`,
    [ids],
  )
  await client.query(
    `INSERT INTO booking_tickets (ticket_id, booking_id, position)
      SELECT one.ticket_id, one.id, 0 FROM unnest($1::uuid[], $2::uuid[]) AS one (ticket_id, id)`,
    [sold.map(({ ticketId }) => ticketId), ids],
  )
  await client.query('INSERT INTO invoice_issuers (organizer_id) VALUES ($1) ON CONFLICT DO NOTHING', [
    organizerId,
  ])
  await client.query(
    `INSERT INTO invoices (id, transaction_id, organizer_id, kind, year, number, booking_id, event_id, user_id, currency, total, content)
      SELECT uuidv7(), change.id, $2, 'INVOICE', extract(year FROM now())::int,
        (SELECT coalesce(max(number), 0) FROM invoices WHERE organizer_id = $2) + row_number() OVER (ORDER BY change.id),
        booking.id, booking.event_id, booking.user_id, 'IDR', booking.total_price,
        jsonb_build_object('seller', 'Sari', 'buyer', 'Budi', 'event', 'Konser', 'lines', jsonb_build_array(jsonb_build_object('kind', 'PLACE',
          'name', 'Standing', 'quantity', 1, 'unitPrice', booking.total_price, 'amount', booking.total_price, 'basisPoints', 0, 'inclusive', false)))
      FROM ledger_transactions change JOIN bookings booking ON booking.id = change.booking_id WHERE change.booking_id = ANY($1::uuid[])`,
    [ids, organizerId],
  )
  await client.query(
    `DELETE FROM invoices_due WHERE transaction_id IN (SELECT id FROM ledger_transactions WHERE booking_id = ANY($1::uuid[]))`,
    [ids],
  )
}

/** The holds that became tickets, these, and what they are counted in. */
async function writeTickets(client: pg.Client, event: SoldEvent, sold: readonly Sold[]): Promise<void> {
  const { eventId, ticketTypeId, price } = event
  const columns = [
    sold.map(({ holdId }) => holdId),
    sold.map(({ userId }) => userId),
    sold.map(({ bookingId }) => bookingId),
    sold.map(({ ticketId }) => ticketId),
  ]
  const from =
    'unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) AS one (hold_id, user_id, booking_id, ticket_id)'
  await client.query(
    `INSERT INTO holds (id, user_id, event_id, status, expires_at, booking_id, closed_at)
      SELECT hold_id, user_id, $5, 'CONVERTED', now() + interval '10 minutes', booking_id, now()
      FROM ${from} WHERE ticket_id IS NOT NULL`,
    [...columns, eventId],
  )
  await client.query(
    `INSERT INTO hold_items (id, hold_id, ticket_type_id, quantity, unit_price)
      SELECT uuidv7(), id, $2, 1, $3 FROM unnest($1::uuid[]) AS id`,
    [columns[0], ticketTypeId, price],
  )
  await client.query(
    `INSERT INTO tickets (id, code, event_id, ticket_type_id, owner_id, booking_id, ordinal)
      SELECT ticket_id, 'bench ' || ticket_id, $5, $6, user_id, booking_id, 0 FROM ${from} WHERE hold_id IS NOT NULL`,
    [...columns, eventId, ticketTypeId],
  )
  await client.query(
    `INSERT INTO allowances (user_id, ticket_type_id, taken) SELECT id, $2, 1 FROM unnest($1::uuid[]) AS id`,
    [columns[1], ticketTypeId],
  )
  await client.query(
    `UPDATE ticket_types SET sold = sold + $2, available = available - $2, version = version + 1 WHERE id = $1`,
    [ticketTypeId, sold.length],
  )
}

async function inTransaction(client: pg.Client, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN')
  await work()
  await client.query('COMMIT')
}
