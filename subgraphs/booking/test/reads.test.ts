import { connectionOptions, prismaOptions } from '@karcis/kit/database'
import { createLog } from '@karcis/kit/log'
import { createReads } from '@karcis/kit/reads'
import { createTestDatabase } from '@karcis/testkit/database'
import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { Prisma, PrismaClient } from '../src/generated/prisma/client.ts'

const VALUES = Prisma.sql`SELECT 9007199254740993::int8 AS large, 7::int4 AS small, 1.5::float8 AS half, true AS yes,
  NULL::text AS nothing, 'é "' AS word, '0197f5a0-0000-7000-8000-000000000001'::uuid AS id, ARRAY['a', NULL] AS list,
  '{"a":[1]}'::jsonb AS tree, timestamptz '2027-01-02 03:04:05.678901+07' AS fine, timestamptz '2027-01-02' AS coarse`

it('gives values as Prisma does', async () => {
  await using database = await createTestDatabase('booking')
  const db = new PrismaClient(prismaOptions(database.url, 'test', createLog('test', 'silent')))
  let byPool = 0
  const reads = createReads(connectionOptions(database.url, 'test'), {
    $queryRaw: (strings, ...values) => {
      byPool++
      return db.$queryRaw(strings, ...values)
    },
  })
  try {
    const expected = await db.$queryRaw`${VALUES} WHERE ${['a', 'b']}::text[] @> ${['b']}::text[]
      AND ${new Date(0)}::timestamptz = '1970-01-01' AND ${null}::int IS NULL AND ${true}`
    expect(expected).toHaveLength(1)
    await eventually(async () => {
      byPool = 0
      const rows = await reads.$queryRaw`${VALUES} WHERE ${['a', 'b']}::text[] @> ${['b']}::text[]
        AND ${new Date(0)}::timestamptz = '1970-01-01' AND ${null}::int IS NULL AND ${true}`
      expect(rows).toEqual(expected)
      expect(byPool).toBe(0)
    })
  } finally {
    await reads.close()
    await db.$disconnect()
  }
})
