import { prismaOptions, postgresErrorOf, transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { createLog } from '@karcis/kit/log'
import { createTestDatabase, type TestDatabase } from '@karcis/testkit/database'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Db } from '../src/domain/database.ts'
import { findWallets, insertPosting, Overdrawn } from '../src/domain/ledger/ledger-store.ts'
import { grantPosting, type Posting } from '../src/domain/ledger/postings.ts'

import { PrismaClient } from '../src/generated/prisma/client.ts'
import { audit } from './money.ts'
import { dropTriggers } from './mutants.ts'

let database: TestDatabase
let db: Db

beforeEach(async () => {
  database = await createTestDatabase('booking')
  db = new PrismaClient(prismaOptions(database.url, 'test', createLog('test', 'silent')))
})

afterEach(async () => {
  await db.$disconnect()
  await database[Symbol.asyncDispose]()
})

/** Name of the constraint that refuses; null when nothing does. */
const refusing = (work: Promise<unknown>): Promise<string | null> =>
  work.then(
    () => null,
    (error: unknown) => postgresErrorOf(error).constraint ?? String(error),
  )

const give = (userId: string, amount: number) =>
  transaction(db, (tx) => insertPosting(tx, grantPosting(userId, amount)))

describe('a posting', () => {
  it('moves the wallet by exactly its entries', async () => {
    const user = newId()
    expect(await give(user, 250_000)).toBe(true)
    expect(await findWallets(db, [user])).toEqual(new Map([[user, { balance: 250_000, currency: 'IDR' }]]))
    expect(await audit(db)).toEqual([])
  })

  it('with a reference that was posted before changes nothing', async () => {
    const user = newId()
    await give(user, 250_000)
    expect(await give(user, 250_000)).toBe(false)
    expect((await findWallets(db, [user])).get(user)?.balance).toBe(250_000)
  })

  it('of nothing, or of half a rupiah, is a bug that shows', () => {
    for (const amount of [0, -1, 0.5, Number.MAX_SAFE_INTEGER + 1]) {
      expect(() => grantPosting(newId(), amount)).toThrow(RangeError)
    }
  })

  it('that overdraws a wallet is refused whole', async () => {
    const user = newId()
    await give(user, 100)
    const { lines, ...rest } = grantPosting(user, 101)
    const taken: Posting = {
      ...rest,
      reference: 'taken',
      lines: lines.map((line) => ({ ...line, amount: -line.amount })),
    }
    await expect(transaction(db, (tx) => insertPosting(tx, taken))).rejects.toThrow(Overdrawn)
    expect((await findWallets(db, [user])).get(user)?.balance).toBe(100)
    expect(await db.ledgerTransaction.count()).toBe(1)
  })
})

describe('the check of a booking’s money', () => {
  /** How often it reads all entries there are, in a session that plans it while there are few. */
  const wholeReads = (): Promise<number> =>
    db.$transaction(async (tx) => {
      await tx.$executeRaw`ANALYZE ledger_entries, ledger_transactions, ledger_accounts, bookings`
      await tx.$executeRaw`SELECT check_booking_money(id) FROM bookings UNION ALL SELECT check_booking_money(${newId()}::uuid)`
      const [row] = await tx.$queryRaw<{ n: number }[]>`
        SELECT sum(seq_scan)::int AS n FROM pg_stat_xact_user_tables WHERE relname IN ('ledger_entries', 'ledger_transactions')`
      return row?.n ?? Number.NaN
    })

  it('looks at its entries only, however few there were when it was planned', async () => {
    await give(newId(), 1_000)
    expect(await wholeReads()).toBe(0)
  })

  it('and so does whatever else is checked then: who replaces such a function says so again', async () => {
    const read = await db.$queryRaw<{ name: string }[]>`SELECT proname AS name FROM pg_proc
      WHERE 'enable_seqscan=off' = ANY(proconfig) ORDER BY proname`
    expect(read.map(({ name }) => name)).toEqual([
      'check_booking_money',
      'check_items_of_refund',
      'check_refunds_of_booking',
      'check_transaction_balanced',
      'check_transaction_has_entries',
      'note_sale',
    ])
  })

  it('without enable_seqscan = off of check_booking_money reads all of them', async () => {
    await give(newId(), 1_000)
    await db.$executeRaw`ALTER FUNCTION check_booking_money(uuid) RESET enable_seqscan`
    expect(await wholeReads()).toBeGreaterThan(0)
  })
})

describe('guard ledger_entries_balanced', () => {
  const crooked = (): Posting => {
    const posting = grantPosting(newId(), 1_000)
    return {
      ...posting,
      lines: posting.lines.map((line) => (line.amount > 0 ? { ...line, amount: 1_001 } : line)),
    }
  }

  it('without it an unbalanced posting commits', async () => {
    await dropTriggers(db, 'ledger_entries.ledger_entries_balanced')
    await transaction(db, (tx) => insertPosting(tx, crooked()))
    expect(await audit(db)).toEqual(['IDR is off by 1'])
  })

  it('with it an unbalanced posting cannot commit', async () => {
    await expect(transaction(db, (tx) => insertPosting(tx, crooked()))).rejects.toThrow(/is off by 1 IDR/)
    expect(await db.ledgerEntry.count()).toBe(0)
    expect(await audit(db)).toEqual([])
  })

  it('looks at each currency by itself', async () => {
    const mixed = transaction(db, async (tx) => {
      await insertPosting(tx, grantPosting(newId(), 1_000))
      const [transaction] = await tx.ledgerTransaction.findMany()
      for (const [currency, amount] of [
        ['IDR', 5n],
        ['USD', -5n],
      ] as const) {
        const account = { id: newId(), kind: 'SIGNUP_GRANTS', ownerId: newId(), currency }
        await tx.ledgerAccount.create({ data: account })
        const entry = {
          id: newId(),
          transactionId: transaction?.id ?? '',
          accountId: account.id,
          currency,
          amount,
        }
        await tx.ledgerEntry.create({ data: entry })
      }
    })
    await expect(mixed).rejects.toThrow(/is off by/)
  })
})

describe('what is written stays', () => {
  const tampering = [
    ['ledger_entries', 'ledger_entries_immutable', 'UPDATE ledger_entries SET amount = amount * 2'],
    ['ledger_entries', 'ledger_entries_immutable', 'DELETE FROM ledger_entries'],
    ['ledger_entries', 'ledger_entries_no_truncate', 'TRUNCATE ledger_entries'],
    [
      'ledger_transactions',
      'ledger_transactions_immutable',
      "UPDATE ledger_transactions SET reference = 'other'",
    ],
    ['ledger_transactions', 'ledger_transactions_no_truncate', 'TRUNCATE ledger_transactions CASCADE'],
    [
      'ledger_accounts',
      'ledger_accounts_guard',
      'UPDATE ledger_accounts SET balance = balance + 1 WHERE balance IS NOT NULL',
    ],
    ['ledger_accounts', 'ledger_accounts_guard', 'UPDATE ledger_accounts SET owner_id = gen_random_uuid()'],
  ] as const

  it.for(tampering)('%s: guard %s refuses %s', async ([table, guard, sql]) => {
    await give(newId(), 1_000)
    await expect(db.$executeRawUnsafe(sql)).rejects.toThrow(
      /append only|moves with entries only|stays whose it is/,
    )
    expect(await audit(db)).toEqual([])
    expect(await db.ledgerEntry.count()).toBe(2)

    await dropTriggers(db, `${table}.${guard}`)
    if (sql.startsWith('TRUNCATE ledger_transactions'))
      await dropTriggers(db, 'ledger_entries.ledger_entries_no_truncate', 'invoices.invoices_no_truncate')
    await db.$executeRawUnsafe(sql)
  })

  it('an account opens empty, and an entry is in its currency', async () => {
    const account = { id: newId(), kind: 'WALLET', ownerId: newId(), currency: 'IDR' }
    expect(await refusing(db.ledgerAccount.create({ data: { ...account, balance: 5n } }))).not.toBeNull()
    await db.ledgerAccount.create({ data: { ...account, balance: 0n } })
    await give(newId(), 1_000)
    const [transaction] = await db.ledgerTransaction.findMany()
    const entry = {
      id: newId(),
      transactionId: transaction?.id ?? '',
      accountId: account.id,
      currency: 'USD',
      amount: 1n,
    }
    expect(await refusing(db.ledgerEntry.create({ data: entry }))).toBe('ledger_entries_account_fkey')
  })

  it('a transaction without entries cannot commit', async () => {
    const data = { id: newId(), kind: 'GRANT', reference: 'nothing' }
    await expect(db.ledgerTransaction.create({ data })).rejects.toThrow(/has no entries/)
  })
})
