import type { EventFilter } from '../generated/discover/search.ts'
import type { Near, Order, Search } from './search-url.ts'

export const ORDERS = [
  'STARTS_AT_ASC',
  'POPULAR',
  'PRICE_ASC',
  'RELEVANCE',
  'DISTANCE',
] as const satisfies readonly Order[]

/** How many events come at a time. */
const PAGE = 24

const WORDS_MOST = 200 // the API takes no more
const RADIUS_KM = 25

/** What an address asks for; what nobody could mean is left out. @param query as preact-iso gives it. */
export function readSearch(query: Readonly<Record<string, string | undefined>>): Search {
  const text = (name: string) => query[name]?.trim() || null
  const day = (name: string) => (/^\d{4}-\d\d-\d\d$/.test(query[name] ?? '') ? (query[name] ?? null) : null)
  const amount = (name: string) => (/^\d{1,12}$/.test(query[name] ?? '') ? Number(query[name]) : null)
  const near = readNear(query.near)
  const order = ORDERS.find((one) => one === query.order) ?? null
  return {
    words: text('q')?.slice(0, WORDS_MOST) ?? null,
    category: text('category'),
    city: text('city'),
    from: day('from'),
    to: day('to'),
    least: amount('min'),
    most: amount('max'),
    online: query.online === '1' ? true : query.online === '0' ? false : null,
    near,
    order: order === 'DISTANCE' && !near ? null : order,
  }
}

/** `-6.2,106.8` or `-6.2,106.8,50`. */
function readNear(text: string | undefined): Near | null {
  const [latitude, longitude, radiusKm = RADIUS_KM] = (text ?? '').split(',').map(Number)
  if (latitude === undefined || longitude === undefined) return null
  const fits = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 && radiusKm > 0 && radiusKm <= 20_038
  return fits ? { latitude, longitude, radiusKm } : null
}

/** What the API is asked for: only what is to come, unless words may mean something that is over. */
export function filterOf(search: Search): EventFilter {
  const filter: EventFilter = { status: 'APPROVED' }
  if (search.words) filter.search = search.words
  if (search.category) filter.category = search.category
  if (search.city) filter.city = search.city
  if (search.from) filter.fromDate = search.from
  if (search.to) filter.toDate = search.to
  if (search.least !== null) filter.minPrice = search.least
  if (search.most !== null) filter.maxPrice = search.most
  if (search.online !== null) filter.online = search.online
  if (search.near) filter.near = { ...search.near }
  return filter
}

export function orderOf(search: Search): Order {
  return search.order ?? (search.words ? 'RELEVANCE' : search.near ? 'DISTANCE' : 'STARTS_AT_ASC')
}

/** What is asked for its first page of events. */
export const firstPageOf = (search: Search): { filter: EventFilter; orderBy: Order[]; first: number } => ({
  filter: filterOf(search),
  orderBy: [orderOf(search)],
  first: PAGE,
})

/** How many things narrow it, words aside. */
export const narrowings = (search: Search): number =>
  [
    search.category,
    search.city,
    search.from ?? search.to,
    search.least ?? search.most,
    search.online,
    search.near,
  ].filter((one) => one !== null).length
