import { createTestDatabase } from '@karcis/testkit/database'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { PreparingPg } from '../src/database/prepared-statements.ts'

let adapter: Awaited<ReturnType<PreparingPg['connect']>>

/** On a single connection, so that whatever is kept is met again. */
beforeEach(async () => {
  const database = await createTestDatabase('user')
  const factory = new PreparingPg(
    { connectionString: database.url, max: 1 },
    { onPoolError: () => undefined },
  )
  adapter = await factory.connect()
  onTestFinished(async () => {
    await adapter.dispose()
    await database[Symbol.asyncDispose]()
  })
})

const query = (sql: string) => ({ sql, args: [], argTypes: [] })
const rowsOf = async (sql: string) => (await adapter.queryRaw(query(sql))).rows
const kept = async () => (await rowsOf('SELECT statement FROM pg_prepared_statements')).flat()

it('keeps the plan of what is asked again', async () => {
  await rowsOf('SELECT 1 AS once')
  for (let n = 0; n < 3; n++) expect(await rowsOf('SELECT 2 AS often')).toEqual([[2]])
  expect(await kept()).toEqual(['SELECT 2 AS often'])
})

it('keeps no plan for a pattern, which is best planned for what it is', async () => {
  for (let n = 0; n < 3; n++) expect(await rowsOf(`SELECT 1 WHERE 'a' LIKE '%'`)).toEqual([[1]])
  expect(await kept()).toEqual([])
})

it('keeps a bounded number of plans, and runs the rest without', async () => {
  for (let n = 0; n < 300; n++) {
    await rowsOf(`SELECT ${n}`)
    expect(await rowsOf(`SELECT ${n}`)).toEqual([[n]])
  }
  expect(await kept()).toHaveLength(256)
})

it('runs a statement again whose kept plan a migration made wrong', async () => {
  await rowsOf('CREATE TABLE things (id int)')
  await rowsOf('INSERT INTO things VALUES (1)')
  for (let n = 0; n < 3; n++) expect(await rowsOf('SELECT * FROM things')).toEqual([[1]])
  await rowsOf('ALTER TABLE things ADD COLUMN name text')
  expect(await rowsOf('SELECT * FROM things')).toEqual([[1, null]])
})

it('keeps the wrong plan out of the next transaction', async () => {
  await rowsOf('CREATE TABLE things (id int)')
  for (let n = 0; n < 3; n++) await rowsOf('SELECT * FROM things')
  await rowsOf('ALTER TABLE things ADD COLUMN name text')
  const inTransaction = async () => {
    const tx = await adapter.startTransaction()
    try {
      return (await tx.queryRaw(query('SELECT * FROM things'))).columnNames
    } finally {
      await tx.executeRaw(query('ROLLBACK'))
      await tx.rollback()
    }
  }
  await expect(inTransaction()).rejects.toMatchObject({ cause: { originalCode: '0A000' } })
  expect(await inTransaction()).toEqual(['id', 'name'])
})
