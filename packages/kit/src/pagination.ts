import { join, raw, type Sql, sqltag as sql } from '@prisma/client/runtime/client'
import { BadUserInput } from './errors.ts'
import { isId } from './ids.ts'

const MAX_PAGE = 100
const DEFAULT_PAGE = 20

/** Arguments of a Relay connection (https://relay.dev/graphql/connections.htm). */
export interface PageArgs {
  first?: number | null | undefined
  after?: string | null | undefined
  last?: number | null | undefined
  before?: string | null | undefined
}

/** Page request in the terms of a store: take `limit` rows strictly after/before the keys, in or against the order. */
export interface Page {
  limit: number
  backward: boolean
  after: string[] | null
  before: string[] | null
}

export interface Connection<T> {
  edges: { cursor: string; node: T }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
  totalCount: () => Promise<number>
}

/** One column that a list is sorted by. */
export interface SortColumn<Row> {
  column: Sql
  /** Instants must have no more than milliseconds: a `Date` has no more either, and the cursor would point beside the row. */
  type: 'uuid' | 'timestamptz' | 'text' | 'integer'
  /** The column's value as text; of an instant, what `toISOString` gives. */
  of(row: Row): string
}

/** A page of one list, in the terms of SQL. */
export interface KeysetPage extends Page {
  /** Limits the rows to the page; to follow other conditions. */
  where: Sql
  /** ORDER BY and LIMIT of the page: one row more than asked for, which tells whether others follow. */
  tail: Sql
}

/** What a page is read by: its rows, and how many the list has in all. */
export interface PageQuery<Row> {
  rows(page: KeysetPage): PromiseLike<Row[]>
  count(): Promise<number>
}

/** A list in its order, and everything about its pages but the query. */
export interface KeysetList<Row> {
  /**
   * Checks connection arguments.
   * @throws BadUserInput naming the argument: out of 1..100, first together with last, or a cursor of another list.
   */
  parse(args: PageArgs): KeysetPage
  /**
   * Shapes what was read for a page into a connection.
   * @param rows in the order of `page.tail`.
   * @param count of the whole list; asked only when the client is.
   */
  connect(rows: Row[], page: Page, count: () => Promise<number>): Connection<Row>
  /** One page: `parse`, the query, `connect`. @throws as `parse`. */
  read(args: PageArgs, query: PageQuery<Row>): Promise<Connection<Row>>
}

/**
 * A list by its sort columns, the last of which is unique: its last page is as fast as its first, and nothing shifts when rows
 * are added.
 * @param name of the list in its order; its cursors bear it, and every other list refuses them.
 */
export function keysetList<Row>(
  name: string,
  columns: SortColumn<Row>[],
  direction: 'ascending' | 'descending',
): KeysetList<Row> {
  const descending = direction === 'descending'

  function readCursor(cursor: string | null | undefined, argument: 'after' | 'before'): string[] | null {
    if (cursor == null) return null
    const [list, ...values] = decodeCursor(cursor) ?? []
    const fits = values.length === columns.length && values.every((value, at) => isOf(columns[at], value))
    if (list === name && fits) return values
    throw new BadUserInput([{ path: argument, message: 'is not a cursor of this list' }])
  }

  function beyond(values: string[] | null, operator: '<' | '>'): Sql {
    if (values === null) return sql`TRUE`
    const bounds = columns.map(({ type }, at) => sql`${values[at]}::${raw(type)}`)
    return sql`(${join(columns.map(({ column }) => column))}) ${raw(operator)} (${join(bounds)})`
  }

  function parse(args: PageArgs): KeysetPage {
    const { limit, backward } = parseLimit(args)
    const after = readCursor(args.after, 'after')
    const before = readCursor(args.before, 'before')
    const order = raw(descending === backward ? 'ASC' : 'DESC')
    return {
      limit,
      backward,
      after,
      before,
      where: sql`${beyond(after, descending ? '<' : '>')} AND ${beyond(before, descending ? '>' : '<')}`,
      // The limit stands in the text, for the planner to know that a page is short.
      tail: sql`ORDER BY ${join(columns.map(({ column }) => sql`${column} ${order}`))} LIMIT ${raw(String(limit + 1))}`,
    }
  }

  const connect: KeysetList<Row>['connect'] = (rows, page, count) =>
    toConnection(rows, page, (row) => [name, ...columns.map((column) => column.of(row))], count)

  return {
    parse,
    connect,
    async read(args, { rows, count }) {
      const page = parse(args)
      return connect(await rows(page), page, count)
    },
  }
}

/** A list whose order is its ids, which rise with time (UUIDv7), newest first. @param column what `id` is called in its queries. */
export const newestFirst = <Row extends { id: string }>(
  name: string,
  column: Sql = sql`id`,
): KeysetList<Row> => keysetList(name, [{ column, type: 'uuid', of: (row) => row.id }], 'descending')

/** The page of a `newestFirst` list for a query by Prisma's models, whose own conditions come beside `where` (`AND`). */
export const idPage = ({ limit, backward, after, before }: Page) => ({
  where: { id: { ...(after && { lt: after[0] }), ...(before && { gt: before[0] }) } },
  orderBy: { id: backward ? ('asc' as const) : ('desc' as const) },
  take: limit + 1,
})

/** As `toISOString` writes it, and nothing else that a Date could be made of; Postgres knows no year 0. */
const INSTANT = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Whether Postgres would take a text as a value of the column. */
function isOf(column: SortColumn<never> | undefined, value: string): boolean {
  switch (column?.type) {
    case 'uuid':
      return isId(value)
    case 'timestamptz':
      return INSTANT.test(value) && !Number.isNaN(Date.parse(value))
    case 'text':
      return !value.includes('\0')
    case 'integer':
      return /^-?\d{1,9}$/.test(value)
    case undefined:
      return false
  }
}

function parseLimit(args: PageArgs): Pick<Page, 'limit' | 'backward'> {
  if (args.first != null && args.last != null) {
    throw new BadUserInput([{ path: 'first', message: 'cannot be given together with last' }])
  }
  const backward = args.last != null
  const limit = (backward ? args.last : args.first) ?? DEFAULT_PAGE
  if (limit < 1 || limit > MAX_PAGE) {
    throw new BadUserInput([{ path: backward ? 'last' : 'first', message: `must be from 1 to ${MAX_PAGE}` }])
  }
  return { limit, backward }
}

/** @param rows up to `page.limit + 1` in the order of the list, of a backward page against it; the extra one tells whether more follow. */
function toConnection<T>(
  rows: T[],
  page: Page,
  keysOf: (row: T) => string[],
  totalCount: () => Promise<number>,
): Connection<T> {
  const more = rows.length > page.limit
  const nodes = rows.slice(0, page.limit)
  if (page.backward) nodes.reverse()
  const edges = nodes.map((node) => ({ cursor: encode(keysOf(node)), node }))
  return {
    edges,
    pageInfo: {
      hasNextPage: page.backward ? page.before !== null : more,
      hasPreviousPage: page.backward ? more : page.after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  }
}

const encode = (keys: string[]): string => Buffer.from(JSON.stringify(keys)).toString('base64url')

/** The texts in a cursor; null when it is none of ours. */
function decodeCursor(cursor: string): string[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) && value.every((key) => typeof key === 'string') ? value : null
  } catch {
    return null
  }
}
