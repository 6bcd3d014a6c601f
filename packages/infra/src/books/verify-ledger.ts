import pg from 'pg'
import { MONEY_CHECKS } from './money.ts'
import { type Finding, type Pools, type Row, runCheck, SHOWN } from './report.ts'

/** What one verification has read. */
export interface Verified {
  readonly findings: readonly Finding[]
  readonly postings: number
  readonly entries: number
  readonly bookings: number
  /** Days that are closed, and what the last of them is to be remembered by elsewhere; null when none is. */
  readonly closedDays: number
  readonly lastClose: { readonly day: string; readonly hash: string } | null
}

/** Rules of the audit that hold between the ledger and what else the booking subgraph keeps: the same there and here. */
const SHARED = ['wallets', 'payments', 'checkouts', 'top-ups', 'fees', 'refunds-due', 'payouts']
const BATCH = 5_000

/**
 * Works the ledger out again from its entries alone, in one snapshot and a stream, so that its size does not matter: each posting, what
 * came of each booking, what accounts hold, and the chain of daily closes. The platform may be at work meanwhile.
 * @param url the booking subgraph's database.
 */
export async function verifyLedger(url: string): Promise<Verified> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 3,
    connectionTimeoutMillis: 10_000,
    application_name: 'karcis-verify-ledger',
    options: '-c timezone=UTC',
  })
  pool.on('error', () => undefined) // a lost connection fails the query that is under way
  try {
    const streamed = await inSnapshot(pool, async (client) => ({
      ...(await verifyBookings(client)),
      closes: await verifyCloses(client),
    }))
    const shared: Finding[] = []
    for (const check of MONEY_CHECKS.filter(({ name }) => SHARED.includes(name)))
      shared.push(await runCheck({ booking: pool } as unknown as Pools, 'booking', check, READ_ONLY))
    const { closes, postings, entries, bookings } = streamed
    return {
      findings: [...streamed.findings, ...shared, closes.finding],
      postings,
      entries,
      bookings,
      closedDays: closes.days,
      lastClose: closes.last,
    }
  } finally {
    await pool.end()
  }
}

const READ_ONLY = { graceSeconds: 0, repair: false }

async function inSnapshot<T>(pool: pg.Pool, read: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    // Each booking and each posting is met once, in order: to sort is quicker than to look each of them up.
    await client.query(`SET LOCAL work_mem = '64MB'; SET LOCAL cursor_tuple_fraction = 1`)
    return await read(client)
  } finally {
    client.release(true) // and with it the transaction
  }
}

async function* stream<T extends object>(
  client: pg.PoolClient,
  name: string,
  sql: string,
): AsyncGenerator<T> {
  await client.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${sql}`)
  for (;;) {
    const { rows } = await client.query<T>(`FETCH ${BATCH} FROM ${name}`)
    yield* rows
    if (rows.length < BATCH) return
  }
}

/** An entry with its posting; of a posting without entries its accounts are null. Amounts come as text: they are 64 bits wide. */
interface Entry {
  posting: string
  kind: string
  booking: string | null
  account: string | null
  owner: string
  currency: string
  amount: string
}

const ENTRIES = `SELECT t.id AS posting, t.kind, t.booking_id AS booking, a.kind AS account, a.owner_id AS owner, e.currency, e.amount
  FROM ledger_transactions t LEFT JOIN ledger_entries e ON e.transaction_id = t.id
  LEFT JOIN ledger_accounts a ON a.id = e.account_id ORDER BY t.booking_id NULLS FIRST, t.id`

interface Booking {
  id: string
  user: string
  event: string
  status: string
  currency: string
  kept: string
}

/** `kept`: what the booking's status says has been paid and has not gone back. */
const BOOKINGS = `SELECT id, user_id AS user, event_id AS event, status, currency,
    CASE WHEN status IN ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') THEN total_price - refunded_amount ELSE 0 END AS kept
  FROM bookings ORDER BY id`

/** What a booking brings, whoever is to have it; everything else is where its money comes from or goes back to. */
const EARNED = new Set(['EVENT_SALES', 'EVENT_TAX', 'PLATFORM_FEES', 'DISPUTED'])
const OF_EVENT = new Set(['EVENT_SALES', 'EVENT_TAX', 'DISPUTED'])

/** Every posting sums to zero, and every booking has brought what its status says: both in one stream over both tables. */
async function verifyBookings(client: pg.PoolClient) {
  const unbalanced = collect('postings', 'each posting has entries, and they sum to zero in each currency')
  const wrong = collect(
    'bookings',
    'the entries of each booking say what its status says, and are of its event and its buyer',
  )
  let [entries, postings, bookings] = [0, 0, 0]
  let posting: { id: string; kind: string; sums: Map<string, bigint> } | undefined
  const endPosting = (): void => {
    if (!posting) return
    postings += 1
    const off = [...posting.sums].filter(([, sum]) => sum !== 0n)
    if (posting.sums.size === 0)
      unbalanced.add({ transaction_id: posting.id, kind: posting.kind, entries: 0 })
    for (const [currency, sum] of off)
      unbalanced.add({ transaction_id: posting.id, kind: posting.kind, currency, sum: String(sum) })
  }

  const rest = stream<Booking>(client, 'of_bookings', BOOKINGS)
  let booking: Booking | undefined
  let account = newAccount(null)
  /** Says what is wrong with the booking whose entries are all read, and of those before it that have none. */
  const endBooking = async (): Promise<void> => {
    const { id } = account
    if (id === null) return
    for (; booking && booking.id < id; booking = await next(rest)) {
      bookings += 1
      judge(booking, newAccount(booking.id), wrong.add)
    }
    if (booking?.id === id) {
      bookings += 1
      judge(booking, account, wrong.add)
      booking = await next(rest)
    } else wrong.add({ booking_id: id, problem: 'there is no such booking' })
  }

  booking = await next(rest)
  for await (const entry of stream<Entry>(client, 'of_entries', ENTRIES)) {
    if (entry.posting !== posting?.id) {
      endPosting()
      posting = { id: entry.posting, kind: entry.kind, sums: new Map() }
    }
    if (entry.booking !== account.id) {
      await endBooking()
      account = newAccount(entry.booking)
    }
    if (entry.account === null) continue
    entries += 1
    const amount = BigInt(entry.amount)
    posting.sums.set(entry.currency, (posting.sums.get(entry.currency) ?? 0n) + amount)
    if (account.id !== null) take(account, entry, amount)
  }
  endPosting()
  await endBooking()
  for (; booking; booking = await next(rest)) {
    bookings += 1
    judge(booking, newAccount(booking.id), wrong.add)
  }
  return { findings: [unbalanced.finding(), wrong.finding()], entries, postings, bookings }
}

/** What the entries of one booking come to. */
interface BookingAccount {
  id: string | null
  earned: bigint
  events: Set<string>
  wallets: Set<string>
  currencies: Set<string>
}

const newAccount = (id: string | null): BookingAccount => ({
  id,
  earned: 0n,
  events: new Set(),
  wallets: new Set(),
  currencies: new Set(),
})

function take(of: BookingAccount, { account, owner, currency }: Entry, amount: bigint): void {
  of.currencies.add(currency)
  if (account === null) return
  if (EARNED.has(account)) of.earned += amount
  if (OF_EVENT.has(account)) of.events.add(owner)
  if (account === 'WALLET') of.wallets.add(owner)
}

function judge(booking: Booking, account: BookingAccount, wrong: (row: Row) => void): void {
  const { id: booking_id, status } = booking
  const others = (found: Set<string>, own: string) => [...found].filter((each) => each !== own)
  if (account.earned !== BigInt(booking.kept))
    wrong({ booking_id, status, kept: booking.kept, entries: String(account.earned) })
  for (const event_id of others(account.events, booking.event))
    wrong({ booking_id, problem: 'of another event', event_id })
  for (const user_id of others(account.wallets, booking.user))
    wrong({ booking_id, problem: 'another wallet', user_id })
  for (const currency of others(account.currencies, booking.currency))
    wrong({ booking_id, problem: 'another currency', currency })
}

async function next<T>(rows: AsyncGenerator<T>): Promise<T | undefined> {
  const { value, done } = await rows.next()
  return done ? undefined : value
}

interface Close {
  day: string
  hash: string
  horizon: string
}

/** The chain of daily closes, each worked out again after the one before it as it stands. */
async function verifyCloses(client: pg.PoolClient) {
  const changed = collect('closes', 'each day is as it was when it was closed, and no day is left out')
  const { rows } =
    await client.query<Close>(`SELECT to_char(day, 'YYYY-MM-DD') AS day, encode(hash, 'hex') AS hash, horizon
    FROM ledger_closes ORDER BY day`)
  for (const [at, { day, horizon }] of rows.entries()) {
    const before = rows[at - 1]
    if (before && Date.parse(day) - Date.parse(before.day) !== 86_400_000)
      changed.add({ day, problem: `follows ${before.day}` })
    const { rows: differing } = await client.query<Row>(
      `SELECT c.transactions AS postings, d.transactions AS postings_now, c.entries, d.entries AS entries_now,
         CASE WHEN c.sums <> d.sums THEN c.sums END AS sums, CASE WHEN c.sums <> d.sums THEN d.sums END AS sums_now
       FROM ledger_closes c, digest_ledger_day($1, $2) d WHERE c.day = $1
         AND (d.transactions, d.entries, d.sums, d.hash) IS DISTINCT FROM (c.transactions, c.entries, c.sums, c.hash)`,
      [day, horizon],
    )
    for (const row of differing) changed.add({ day, ...row })
  }
  const last = rows.at(-1)
  return {
    finding: changed.finding(),
    days: rows.length,
    last: last ? { day: last.day, hash: last.hash } : null,
  }
}

/** Gathers what breaks a rule: how many, and the first of them. */
function collect(check: string, rule: string) {
  let count = 0
  const rows: Row[] = []
  return {
    add(row: Row): void {
      count += 1
      if (rows.length < SHOWN) rows.push(row)
    },
    finding: (): Finding => ({ check, rule, databases: ['booking'], count, rows }),
  }
}
