import { BadUserInput } from '@karcis/kit/errors'
import { type Connection, type Page, type PageArgs, parsePage, toConnection } from '@karcis/kit/pagination'
import { Prisma } from '../generated/prisma/client.ts'
import { isId, isStorable } from './input.ts'

/** One column that a list is sorted by; the last of a list's keys is unique. */
export interface SortKey<Row> {
  column: Prisma.Sql
  type: 'timestamptz' | 'uuid' | 'text'
  of(row: Row): string
}

/** A list in the terms of SQL: which rows, in which order, and how to read them. */
export interface KeysetList<Row> {
  keys: SortKey<Row>[]
  descending?: boolean
  /** Rows that fit `where`, sorted and limited by `tail` (`ORDER BY … LIMIT …`). */
  read(where: Prisma.Sql, tail: Prisma.Sql): PromiseLike<Row[]>
  count(): Promise<number>
}

/** One page of a list by its sort keys: as fast on the last page as on the first, and nothing shifts when rows are added. */
export async function readPage<Row>(args: PageArgs, list: KeysetList<Row>): Promise<Connection<Row>> {
  const { keys, descending = false } = list
  const page = parsePage(args, keys.length)
  const columns = Prisma.join(keys.map((key) => key.column))
  const bounds = [
    bound(page, 'after', keys, columns, descending ? '<' : '>'),
    bound(page, 'before', keys, columns, descending ? '>' : '<'),
  ]
  const direction = Prisma.raw(descending === page.backward ? 'ASC' : 'DESC')
  const order = Prisma.join(keys.map((key) => Prisma.sql`${key.column} ${direction}`))
  const rows = await list.read(
    Prisma.join(bounds, ' AND '),
    // The limit in the text, for the planner to know that a page is short.
    Prisma.sql`ORDER BY ${order} LIMIT ${Prisma.raw(String(page.limit + 1))}`,
  )
  return toConnection(
    rows,
    page,
    (row) => keys.map((key) => key.of(row)),
    () => list.count(),
  )
}

function bound(
  page: Page,
  side: 'after' | 'before',
  keys: SortKey<never>[],
  columns: Prisma.Sql,
  operator: '<' | '>',
) {
  const values = page[side]
  if (!values) return Prisma.sql`TRUE`
  const typed = keys.map((key, index) => {
    const value = values[index] ?? ''
    if (!fits(key.type, value))
      throw new BadUserInput([{ path: side, message: 'is not a cursor of this list' }])
    return Prisma.sql`${value}::${Prisma.raw(key.type)}`
  })
  return Prisma.sql`(${columns}) ${Prisma.raw(operator)} (${Prisma.join(typed)})`
}

const fits = (type: SortKey<never>['type'], value: string): boolean =>
  type === 'text'
    ? isStorable(value)
    : type === 'uuid'
      ? isId(value)
      : INSTANT.test(value) && !Number.isNaN(Date.parse(value))

/** As `toISOString` writes it, and nothing else that a Date could be made of. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
