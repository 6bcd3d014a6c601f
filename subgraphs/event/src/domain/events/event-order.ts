import { BadUserInput } from '@karcis/kit/errors'
import { type KeysetList, keysetList, type SortColumn } from '@karcis/kit/pagination'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Event } from './event.ts'
import type { Point } from './near.ts'

export type EventOrder =
  | 'STARTS_AT_ASC'
  | 'STARTS_AT_DESC'
  | 'CREATED_AT_ASC'
  | 'CREATED_AT_DESC'
  | 'CITY_ASC'
  | 'CITY_DESC'
  | 'TITLE_ASC'
  | 'TITLE_DESC'
  | 'PRICE_ASC'
  | 'PRICE_DESC'
  | 'RELEVANCE'
  | 'POPULAR'
  | 'DISTANCE'

/** An event in a list, with what it is sorted by besides its own columns. */
export type ListedEvent = Event & { sortKeys?: string[] }

/** What an order needs to know of the list that it sorts. */
export interface OrderContext {
  /** From where a distance is measured; null when the list has no such point. */
  near: Point | null
  /** Whether each row has a `found.relevance`, a whole number. */
  ranked: boolean
}

/** How a list is read in its order. */
export interface SortedList {
  list: KeysetList<ListedEvent>
  /** To be selected as `sortKeys`; null when there are none. */
  keys: Prisma.Sql | null
  /** Whether the order needs the listing `l` beside the event `e`. */
  needsListing: boolean
}

/** A column that is given among the `sortKeys`, unless the event has it itself. */
type Column = Pick<SortColumn<ListedEvent>, 'column' | 'type'> & {
  of?: (event: ListedEvent) => string
  direction: 'ascending' | 'descending'
}

const START = {
  type: 'timestamptz',
  of: (event: ListedEvent) => event.startsAt.toISOString(),
} as const
const ID = { type: 'uuid', of: (event: ListedEvent) => event.id } as const

/** As the indexes have it, in so many words: what has no price comes last, both ways. */
const CHEAPEST = Prisma.sql`coalesce(l.price_from, 999999999999999999)`
const DEAREST = Prisma.sql`coalesce(l.price_to, -1)`

/** Of those whose name has it. */
const directionOf = (order: EventOrder) => (order.endsWith('_DESC') ? 'descending' : 'ascending')

/** What one order sorts by; what is unique comes at the end of the whole list. */
function columnsOf(order: EventOrder, { near, ranked }: OrderContext, listed: boolean): Column[] {
  const direction = directionOf(order)
  const starts = { ...START, column: listed ? Prisma.sql`l.starts_at` : Prisma.sql`e.starts_at` }
  switch (order) {
    case 'STARTS_AT_ASC':
    case 'STARTS_AT_DESC':
      return [{ ...starts, direction }]
    case 'CREATED_AT_ASC':
    case 'CREATED_AT_DESC':
      return [] // ids rise with time
    case 'CITY_ASC':
    case 'CITY_DESC':
      return [{ column: Prisma.sql`l.city_key`, type: 'text', direction }]
    case 'TITLE_ASC':
    case 'TITLE_DESC':
      return [{ column: Prisma.sql`l.title_key`, type: 'text', direction }]
    case 'PRICE_ASC':
    case 'PRICE_DESC':
      return [
        { column: Prisma.sql`l.currency`, type: 'text', direction },
        { column: order === 'PRICE_ASC' ? CHEAPEST : DEAREST, type: 'bigint', direction },
      ]
    case 'RELEVANCE':
      if (!ranked) return columnsOf('POPULAR', { near, ranked }, listed)
      return [
        { column: Prisma.sql`found.relevance`, type: 'bigint', direction: 'descending' },
        { column: Prisma.sql`l.popularity`, type: 'float8', direction: 'descending' },
        { ...starts, direction: 'ascending' },
      ]
    case 'POPULAR':
      return [
        { column: Prisma.sql`l.popularity`, type: 'float8', direction: 'descending' },
        { ...starts, direction: 'descending' },
      ]
    case 'DISTANCE':
      if (near === null) throw new BadUserInput([{ path: 'orderBy', message: 'DISTANCE needs filter.near' }])
      return [
        { column: Prisma.sql`(cube(l.position) <-> ${near.center})`, type: 'float8', direction: 'ascending' },
      ]
  }
}

/** What an order is about, whichever way: nothing is sorted by twice. */
const subjectOf = (order: EventOrder): string => order.replace(/_(ASC|DESC)$/, '')

/** Of the events' own columns; all others are in the listing. */
const OWN = /^(STARTS_AT|CREATED_AT)_/

/** Cities are sorted by the beginning of their events unless something else is asked for. */
const completed = (orders: readonly EventOrder[]): EventOrder[] => {
  const last = orders.at(-1)
  if (last === 'CITY_ASC' || last === 'CITY_DESC')
    return [...orders, last === 'CITY_ASC' ? 'STARTS_AT_ASC' : 'STARTS_AT_DESC']
  return [...orders]
}

/**
 * The list of events in an order, or in several: what one leaves equal, the next decides.
 * @throws BadUserInput for what is sorted by twice, or for DISTANCE from nowhere.
 */
export function sortedList(given: readonly EventOrder[], context: OrderContext): SortedList {
  const orders: readonly EventOrder[] = given.length === 0 ? ['STARTS_AT_ASC'] : given
  if (new Set(orders.map(subjectOf)).size < orders.length)
    throw new BadUserInput([{ path: 'orderBy', message: 'must not have the same twice' }])
  // Whatever comes after the moment of creation decides nothing: no two events have the same.
  const created = orders.findIndex((order) => order.startsWith('CREATED_AT'))
  const used = completed(created === -1 ? orders : orders.slice(0, created + 1)).filter(
    (order, at, all) => all.findIndex((other) => subjectOf(other) === subjectOf(order)) === at,
  )
  const needsListing = !used.every((order) => OWN.test(order))
  const columns = used.flatMap((order) => columnsOf(order, context, needsListing))
  const ending = orders[created]
  const last = ending ? directionOf(ending) : (columns.at(-1)?.direction ?? 'ascending')
  const id = { ...ID, column: needsListing ? Prisma.sql`l.event_id` : Prisma.sql`e.id`, direction: last }
  const computed = columns.filter(({ of }) => !of)
  const sorted = [...columns, id].map((column): SortColumn<ListedEvent> => {
    const key = computed.indexOf(column)
    return { ...column, of: column.of ?? ((event) => event.sortKeys?.[key] ?? '') }
  })
  return {
    list: keysetList(`events:${orders.join('+')}`, sorted, last),
    keys: computed.length === 0 ? null : Prisma.sql`ARRAY[${Prisma.join(computed.map(asText))}]`,
    needsListing,
  }
}

const asText = ({ column }: Column): Prisma.Sql => Prisma.sql`(${column})::text`
