import { prismaOptions, transaction } from '@karcis/kit/database'
import { createLog } from '@karcis/kit/log'
import { createTestDatabase } from '@karcis/testkit/database'
import { expect, it } from 'vitest'
import { PrismaClient } from '../src/generated/prisma/client.ts'

it('runs a transaction again whose kept plan a migration made wrong', async () => {
  await using database = await createTestDatabase('booking')
  const log = createLog('test', 'silent')
  const db = new PrismaClient(prismaOptions(database.url, 'test', log, 1)) // one connection, so that it is met again
  try {
    await db.$executeRaw`CREATE TABLE things (id int)`
    await db.$executeRaw`INSERT INTO things VALUES (1)`
    const read = () => transaction(db, (tx) => tx.$queryRaw`SELECT * FROM things`)
    for (let n = 0; n < 3; n++) expect(await read()).toEqual([{ id: 1 }])
    await db.$executeRaw`ALTER TABLE things ADD COLUMN name text`
    expect(await read()).toEqual([{ id: 1, name: null }])
  } finally {
    await db.$disconnect()
  }
})
