import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { grantDatabase } from '@karcis/infra/database-role'
import { migrate } from '@karcis/infra/migrate'
import { migrationsDirectory } from '@karcis/infra/migration-files'
import { temporaryDirectory } from '@karcis/infra/setup'
import { eventually } from '@karcis/testkit/eventually'
import pg from 'pg'
import { expect, it } from 'vitest'
import { arena, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { shopUntil } from './buyers.ts'
import { startKarcis } from './karcis.ts'

const NAME = '20990101000000_seats_with_a_view'
/** Tables of the hot path, each of which the migration needs for itself for a moment. */
const MIGRATION = `ALTER TABLE ticket_types ADD COLUMN perks text;
  ALTER TABLE seats ADD COLUMN has_view boolean NOT NULL DEFAULT true;
  ALTER TABLE seats ADD CONSTRAINT seats_view CHECK (has_view OR status <> 'HELD') NOT VALID;`

it('line 31: sales go on while a migration waits for an open transaction, and it is applied when that ends', {
  timeout: 60_000,
}, async () => {
  await using undo = new AsyncDisposableStack()
  const karcis = undo.use(await startKarcis())
  const admin = await signInAdmin(karcis)
  const hall = await arena(karcis, admin, await signUpOrganizer(karcis, admin))
  const directory = undo.use(temporaryDirectory('karcis-migrations-')).path
  cpSync(migrationsDirectory('ticket'), directory, { recursive: true })
  mkdirSync(join(directory, NAME))
  writeFileSync(join(directory, NAME, 'migration.sql'), MIGRATION)

  // A report that somebody runs by hand, say: it has read the seats, and its transaction stays open.
  const report = new pg.Client(karcis.databases.ticket)
  await report.connect()
  undo.defer(() => report.end())
  await report.query("SET application_name = 'report'; BEGIN; SELECT count(*) FROM seats")

  const waits: string[] = []
  const migrating = migrate('ticket', karcis.databases.ticket, { directory, log: (line) => waits.push(line) })
  const closing = new AbortController()
  const shopping: ReturnType<typeof shopUntil>[] = []
  /** Those of before may have spent all they had. */
  const moreBuyers = async (): Promise<void> => {
    const buyers = await Promise.all(Array.from({ length: 4 }, () => signUp(karcis, 'Buyer')))
    shopping.push(...buyers.map((buyer, index) => shopUntil(closing.signal, karcis, buyer, hall, index)))
  }
  const sold = async () => {
    const { rows } = await report.query<{ n: number }>('SELECT count(*)::int AS n FROM tickets')
    return rows[0]?.n ?? 0
  }
  // Read committed: the report sees each sale, so it needs no second connection to count them. Some between any two tries.
  for (let tries = 1; tries <= 2; tries++) {
    const before = await sold()
    await eventually(() => expect(waits.length).toBeGreaterThanOrEqual(tries))
    await moreBuyers()
    await eventually(async () => expect(await sold()).toBeGreaterThan(before))
  }
  expect(waits[0]).toMatch(
    /^20990101000000_seats_with_a_view waits for a lock and is tried again in 1 s; the oldest transaction is open for \d+ s \(pid \d+, report, idle in transaction\)$/,
  )
  await report.query('COMMIT')
  expect(await migrating).toEqual([NAME])
  // What follows a migration does not wait for readers either.
  await report.query('BEGIN; SELECT count(*) FROM seats')
  await grantDatabase('ticket', karcis.databases.ticket, 'a password of this test')
  const before = await sold()
  await moreBuyers()
  await eventually(async () => expect(await sold()).toBeGreaterThan(before))
  closing.abort()
  expect((await Promise.all(shopping)).flat().length).toBeGreaterThan(0)
})
