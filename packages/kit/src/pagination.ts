import { BadUserInput } from './errors.ts'

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

/**
 * Checks connection arguments.
 * @param keys how many sort keys a cursor of this list holds.
 * @throws BadUserInput naming the argument: out of 1..100, first together with last, or a cursor of another list.
 */
export function parsePage(args: PageArgs, keys: number): Page {
  if (args.first != null && args.last != null) {
    throw new BadUserInput([{ path: 'first', message: 'cannot be given together with last' }])
  }
  const backward = args.last != null
  const limit = (backward ? args.last : args.first) ?? DEFAULT_PAGE
  if (limit < 1 || limit > MAX_PAGE) {
    throw new BadUserInput([{ path: backward ? 'last' : 'first', message: `must be from 1 to ${MAX_PAGE}` }])
  }
  return {
    limit,
    backward,
    after: decode(args.after, keys, 'after'),
    before: decode(args.before, keys, 'before'),
  }
}

/**
 * Shapes rows into a connection.
 * @param rows up to `page.limit + 1` rows in list order (for a backward page: in reversed order), the extra one telling whether more follow.
 * @param keysOf the sort keys of a row as text, the id last, in list order.
 * @param totalCount counted only when the client asks for it.
 */
export function toConnection<T>(
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

function decode(cursor: string | null | undefined, keys: number, path: string): string[] | null {
  if (cursor == null) return null
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(value) && value.length === keys && value.every((key) => typeof key === 'string'))
      return value
  } catch {
    // falls through to the one error for every kind of foreign cursor
  }
  throw new BadUserInput([{ path, message: 'is not a cursor of this list' }])
}
