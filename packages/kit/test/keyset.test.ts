import { sqltag as sql } from '@prisma/client/runtime/client'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { type Connection, idPage, keysetList, newestFirst, type PageArgs } from '../src/pagination.ts'
import { openKitDatabase, type KitDatabase } from './kit-database.ts'

interface Concert {
  id: string
  name: string
  startsAt: Date
}

const id = { column: sql`c.id`, type: 'uuid' as const, of: (concert: Concert) => concert.id }
const byStart = {
  column: sql`c.starts_at`,
  type: 'timestamptz' as const,
  of: ({ startsAt }: Concert) => startsAt.toISOString(),
}
const byName = { column: sql`c.name`, type: 'text' as const, of: (concert: Concert) => concert.name }
const LISTS = {
  soonest: keysetList<Concert>('concerts.soonest', [byStart, id], 'ascending'),
  latest: keysetList<Concert>('concerts.latest', [byStart, id], 'descending'),
  byName: keysetList<Concert>('concerts.byName', [byName, id], 'ascending'),
  newest: newestFirst<Concert>('concerts.newest', sql`c.id`),
}

let db: KitDatabase
/** Seven, of which two start at the same moment. */
let concerts: Concert[]

beforeEach(async () => {
  db = await openKitDatabase()
  onTestFinished(() => db[Symbol.asyncDispose]())
  await db.$executeRaw`CREATE TABLE concerts (id uuid PRIMARY KEY, name text, starts_at timestamptz)`
  concerts = ['Ebiet', 'Sheila', 'Dewa', 'Slank', 'Gigi', 'Padi', 'Kahitna'].map((name, n) => ({
    id: `019a9b6e-0000-7000-8000-00000000000${n}`,
    name,
    startsAt: new Date(Date.UTC(2027, 0, [5, 3, 3, 9, 1, 7, 2][n], 12, 0, 0, 250)),
  }))
  for (const { id, name, startsAt } of concerts)
    await db.$executeRaw`INSERT INTO concerts VALUES (${id}::uuid, ${name}, ${startsAt}::timestamptz)`
})

const read = (list: keyof typeof LISTS, args: PageArgs) =>
  LISTS[list].read(args, {
    rows: ({ where, tail }) =>
      db.$queryRaw<
        Concert[]
      >`SELECT id, name, starts_at AS "startsAt" FROM concerts c WHERE ${where} ${tail}`,
    count: async () => concerts.length,
  })

const names = ({ edges }: Connection<Concert>) => edges.map(({ node }) => node.name)

const ORDERS = {
  soonest: ['Gigi', 'Kahitna', 'Sheila', 'Dewa', 'Ebiet', 'Padi', 'Slank'],
  latest: ['Slank', 'Padi', 'Ebiet', 'Dewa', 'Sheila', 'Kahitna', 'Gigi'],
  byName: ['Dewa', 'Ebiet', 'Gigi', 'Kahitna', 'Padi', 'Sheila', 'Slank'],
  newest: ['Kahitna', 'Padi', 'Gigi', 'Slank', 'Dewa', 'Sheila', 'Ebiet'],
}

describe.each(Object.keys(ORDERS) as (keyof typeof LISTS)[])('the list %s', (list) => {
  it('is walked forward, page by page', async () => {
    const walked: string[] = []
    let after: string | null = null
    do {
      const page: Connection<Concert> = await read(list, { first: 2, after })
      walked.push(...names(page))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after !== null)
    expect(walked).toEqual(ORDERS[list])
  })

  it('is walked backward, each page in the order of the list', async () => {
    const walked: string[] = []
    let before: string | null = null
    do {
      const page: Connection<Concert> = await read(list, { last: 3, before })
      walked.unshift(...names(page))
      before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null
    } while (before !== null)
    expect(walked).toEqual(ORDERS[list])
  })

  it('is read between two cursors', async () => {
    const { edges } = await read(list, {})
    const [first, , third, , fifth] = edges
    const between = await read(list, { after: first?.cursor, before: fifth?.cursor })
    expect(names(between)).toEqual(ORDERS[list].slice(1, 4))
    expect(names(await read(list, { after: third?.cursor, last: 1 }))).toEqual(ORDERS[list].slice(-1))
  })

  it.each(Object.keys(ORDERS) as (keyof typeof LISTS)[])(
    'takes a cursor of %s only if it is its own',
    async (other) => {
      const { endCursor } = (await read(other, { first: 2 })).pageInfo
      for (const argument of ['after', 'before']) {
        const asked = read(list, { [argument]: endCursor })
        if (other === list) await asked
        else await expect(asked).rejects.toMatchObject(notACursor(argument))
      }
    },
  )
})

const notACursor = (path: string) => ({
  code: 'BAD_USER_INPUT',
  facts: { fields: [{ path, message: 'is not a cursor of this list' }] },
})

const forged = (...values: unknown[]) => Buffer.from(JSON.stringify(values)).toString('base64url')

it.each([
  [{ first: 0 }, 'first'],
  [{ first: 101 }, 'first'],
  [{ last: -1 }, 'last'],
  [{ first: 1, last: 1 }, 'first'],
])('refuses %j, naming %s', async (args, path) => {
  await expect(read('newest', args)).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    facts: { fields: [{ path }] },
  })
})

it('says on both sides whether there is more', async () => {
  const more = (args: PageArgs) => read('newest', args).then(({ pageInfo }) => pageInfo)
  const first = await more({ first: 3 })
  expect(first).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
  expect(await more({ first: 4, after: first.endCursor })).toMatchObject({
    hasNextPage: false,
    hasPreviousPage: true,
  })
  const last = await more({ last: 3 })
  expect(last).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
  expect(await more({ last: 5, before: last.startCursor })).toMatchObject({
    hasNextPage: true,
    hasPreviousPage: false,
  })
})

it.each([
  forged('concerts.soonest', '2027-01-01T00:00:00.000Z'),
  forged('concerts.soonest', '2027-01-01', '019a9b6e-0000-7000-8000-000000000001'),
  forged('concerts.soonest', '2027-13-01T00:00:00.000Z', '019a9b6e-0000-7000-8000-000000000001'),
  forged('concerts.soonest', '2027-01-01T00:00:00.000Z', 'nonsense'),
  forged('concerts.soonest', '2027-01-01T00:00:00.000Z', 7),
  forged('2027-01-01T00:00:00.000Z', '019a9b6e-0000-7000-8000-000000000001'),
  'nonsense',
  '',
])('refuses the forged cursor %s', async (after) => {
  await expect(read('soonest', { after })).rejects.toMatchObject(notACursor('after'))
})

it('refuses text that Postgres cannot take', async () => {
  const after = forged('concerts.byName', 'Gi\0gi', '019a9b6e-0000-7000-8000-000000000001')
  await expect(read('byName', { after })).rejects.toMatchObject(notACursor('after'))
})

it('puts a page of ids in the terms of Prisma', () => {
  const after = forged('concerts.newest', '019a9b6e-0000-7000-8000-000000000003')
  expect(idPage(LISTS.newest.parse({ first: 5, after }))).toEqual({
    where: { id: { lt: '019a9b6e-0000-7000-8000-000000000003' } },
    orderBy: { id: 'desc' },
    take: 6,
  })
  expect(idPage(LISTS.newest.parse({ last: 5, before: after }))).toEqual({
    where: { id: { gt: '019a9b6e-0000-7000-8000-000000000003' } },
    orderBy: { id: 'asc' },
    take: 6,
  })
})
