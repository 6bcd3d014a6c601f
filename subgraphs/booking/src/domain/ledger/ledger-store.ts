import { mapConstraintError } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { type Connection, newestFirst, type PageArgs } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { type AccountRef, type Posting, WALLET_CURRENCY } from './postings.ts'

/** What a user has, in the smallest unit of `currency`. */
export interface Wallet {
  balance: number
  currency: string
}

/** One movement of a wallet, in the smallest unit of `currency`; below zero when money left it. */
export interface WalletEntry {
  id: string
  kind: 'GRANT' | 'PAYMENT' | 'REFUND' | 'TOP_UP'
  amount: number
  currency: string
  bookingId: string | null
  createdAt: Date
}

/** A wallet would have gone below zero. The transaction is over: what to say to the buyer is read after it. */
export class Overdrawn extends Error {}

const CONSTRAINT_ERRORS = { ledger_accounts_balance_check: () => new Overdrawn() }

/** Wallets that are open in one currency, by user id. */
export async function findWallets(
  db: Db | Tx,
  userIds: readonly string[],
  currency: string = WALLET_CURRENCY,
): Promise<Map<string, Wallet>> {
  const rows = await db.$queryRaw<{ userId: string; balance: bigint; currency: string }[]>`
    SELECT owner_id AS "userId", balance, currency FROM ledger_accounts
    WHERE kind = 'WALLET' AND owner_id = ANY(${userIds}::uuid[]) AND currency = ${currency}`
  return new Map(rows.map((row) => [row.userId, { balance: Number(row.balance), currency: row.currency }]))
}

/** All wallets of users that are open, by user id; each user's by currency. */
export async function findAllWallets(db: Db, userIds: readonly string[]): Promise<Map<string, Wallet[]>> {
  const rows = await db.$queryRaw<{ userId: string; balance: bigint; currency: string }[]>`
    SELECT owner_id AS "userId", balance, currency FROM ledger_accounts
    WHERE kind = 'WALLET' AND owner_id = ANY(${userIds}::uuid[]) ORDER BY currency`
  const wallets = rows.map((row) => ({ ...row, balance: Number(row.balance) }))
  return Map.groupBy(wallets, ({ userId }) => userId)
}

/** What is in all wallets of a user, the empty ones left out. */
export async function listBalances(db: Db, userId: string): Promise<Wallet[]> {
  const rows = await db.$queryRaw<
    { balance: bigint; currency: string }[]
  >`SELECT balance, currency FROM ledger_accounts
    WHERE kind = 'WALLET' AND owner_id = ${userId}::uuid AND balance > 0 ORDER BY currency`
  return rows.map((row) => ({ ...row, balance: Number(row.balance) }))
}

/**
 * Notes that a person was given the sign-up grant.
 * @param person what tells people apart; null where nobody knows: then each user is a person.
 * @returns false when they have been given it before, as this user or as another.
 */
export async function insertGrant(tx: Tx, userId: string, person: string | null): Promise<boolean> {
  const first = await tx.$executeRaw`INSERT INTO signup_grants (person, user_id)
    VALUES (${person ?? `user:${userId}`}, ${userId}::uuid) ON CONFLICT DO NOTHING`
  return first === 1
}

const walletEntries = newestFirst<WalletEntry>('wallet-entries', Prisma.sql`entry.id`)

/** What moved a user's wallets, newest first. @throws BadUserInput for a wrong page. */
export function listWalletEntries(db: Db, userId: string, args: PageArgs): Promise<Connection<WalletEntry>> {
  const ofWallet = Prisma.sql`account.kind = 'WALLET' AND account.owner_id = ${userId}::uuid`
  return walletEntries.read(args, {
    async rows({ where, tail }) {
      const rows = await db.$queryRaw<(Omit<WalletEntry, 'amount'> & { amount: bigint })[]>`
        SELECT entry.id, change.kind, entry.amount, entry.currency, change.booking_id AS "bookingId",
          change.created_at AS "createdAt"
        FROM ledger_entries entry
        JOIN ledger_transactions change ON change.id = entry.transaction_id
        JOIN ledger_accounts account ON account.id = entry.account_id
        WHERE ${ofWallet} AND ${where} ${tail}`
      return rows.map((row) => ({ ...row, amount: Number(row.amount) }))
    },
    async count() {
      const [total] = await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n
        FROM ledger_entries entry JOIN ledger_accounts account ON account.id = entry.account_id WHERE ${ofWallet}`
      return total?.n ?? 0
    },
  })
}

/** Opens an empty wallet, unless there is one. */
export async function insertWallet(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO ledger_accounts (id, kind, owner_id, currency, balance)
    VALUES (${newId()}::uuid, 'WALLET', ${userId}::uuid, ${WALLET_CURRENCY}, 0) ON CONFLICT DO NOTHING`
}

/** Locks an account that keeps no balance until the transaction ends, and opens it where it is missing: what is done about it is done in turn. */
export async function lockAccount(tx: Tx, { kind, ownerId }: AccountRef, currency: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO ledger_accounts (id, kind, owner_id, currency)
    VALUES (${newId()}::uuid, ${kind}, ${ownerId}::uuid, ${currency}) ON CONFLICT DO NOTHING`
  await tx.$queryRaw`SELECT true FROM ledger_accounts
    WHERE kind = ${kind} AND owner_id = ${ownerId}::uuid AND currency = ${currency} FOR NO KEY UPDATE`
}

/**
 * Writes a posting and opens the accounts it needs. The wallets move with it, by the database's own trigger.
 * @returns false when its reference was posted before, in which case nothing is written.
 * @throws Overdrawn when a wallet does not hold enough.
 */
export async function insertPosting(tx: Tx, posting: Posting): Promise<boolean> {
  return (await insertAll(tx, [posting])) === 1
}

/**
 * Writes many postings of one currency at once, none of which was posted before: as `insertPosting` does one.
 * @throws Error when one was, in which case none is to be written: the transaction must end. Overdrawn, likewise.
 */
export async function insertPostings(tx: Tx, postings: readonly Posting[]): Promise<void> {
  if (postings.some(({ currency }) => currency !== postings[0]?.currency))
    throw new RangeError('these are of several currencies')
  if (postings.length > 0 && (await insertAll(tx, postings)) !== postings.length)
    throw new Error('some of these were posted before')
}

/** @returns how many were not posted before. */
async function insertAll(tx: Tx, postings: readonly Posting[]): Promise<number> {
  const written = await insertIfOpen(tx, postings)
  if (written !== 'accounts missing') return written
  const lines = postings.flatMap((posting) => posting.lines)
  const accounts = new Map(lines.map(({ account }) => [`${account.kind} ${account.ownerId}`, account]))
  await openAccounts(tx, [...accounts.values()], postings[0]?.currency ?? '')
  const again = await insertIfOpen(tx, postings)
  return again === 'accounts missing' ? 0 : again
}

/** One statement, of which nothing is done when an account is missing, and nothing of what was posted before. */
async function insertIfOpen(tx: Tx, postings: readonly Posting[]): Promise<number | 'accounts missing'> {
  const currency = postings[0]?.currency ?? ''
  const ids = postings.map(() => newId())
  const lines = postings.flatMap((posting, at) =>
    posting.lines.map((line) => ({ ...line, id: newId(), postingId: ids[at] })),
  )
  // A concurrent posting of the same reference is waited for here, by the unique index. Wallets are locked in the order of their ids.
  const [done] = await tx.$queryRaw<{ accounts: number; posted: number }[]>`
    WITH line AS MATERIALIZED (
      SELECT line.id, line.posting_id, account.id AS account_id, line.amount
      FROM unnest(${lines.map(({ id }) => id)}::uuid[], ${lines.map(({ postingId }) => postingId)}::uuid[],
        ${lines.map(({ account }) => account.kind)}::text[], ${lines.map(({ account }) => account.ownerId)}::uuid[],
        ${lines.map(({ amount }) => BigInt(amount))}::bigint[]) AS line (id, posting_id, kind, owner_id, amount)
      JOIN ledger_accounts account ON (account.kind, account.owner_id, account.currency) = (line.kind, line.owner_id, ${currency})
    ), posted AS (
      INSERT INTO ledger_transactions (id, kind, booking_id, reference)
      SELECT posting.* FROM unnest(${ids}::uuid[], ${postings.map(({ kind }) => kind)}::text[],
        ${postings.map(({ bookingId }) => bookingId)}::uuid[], ${postings.map(({ reference }) => reference)}::text[]) AS posting
      WHERE (SELECT count(*) FROM line) = ${lines.length}::int
      ON CONFLICT DO NOTHING RETURNING id
    ), entry AS (
      INSERT INTO ledger_entries (id, transaction_id, account_id, currency, amount)
      SELECT line.id, posted.id, line.account_id, ${currency}, line.amount
      FROM posted JOIN line ON line.posting_id = posted.id ORDER BY line.account_id
    )
    SELECT (SELECT count(*) FROM line)::int AS accounts, (SELECT count(*) FROM posted)::int AS posted`.catch(
    (error: unknown) => mapConstraintError(error, CONSTRAINT_ERRORS),
  )
  return done?.accounts === lines.length ? done.posted : 'accounts missing'
}

/** Opens those of accounts that are missing, empty. */
async function openAccounts(tx: Tx, accounts: readonly AccountRef[], currency: string): Promise<void> {
  await tx.$executeRaw`INSERT INTO ledger_accounts (id, kind, owner_id, currency, balance)
    SELECT new.id, new.kind, new.owner_id, ${currency}, CASE new.kind WHEN 'WALLET' THEN 0 END
    FROM unnest(${accounts.map(() => newId())}::uuid[], ${accounts.map(({ kind }) => kind)}::text[],
      ${accounts.map(({ ownerId }) => ownerId)}::uuid[]) AS new (id, kind, owner_id)
    WHERE NOT EXISTS (SELECT FROM ledger_accounts known
      WHERE (known.kind, known.owner_id, known.currency) = (new.kind, new.owner_id, ${currency}))
    ORDER BY new.kind, new.owner_id
    ON CONFLICT DO NOTHING`
}
