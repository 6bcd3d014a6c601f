import type { EventFilter, EventOrder } from '../generated/discover/search.ts'

/** A search as it stands in the address: what is not asked for is null. */
export interface Search {
  readonly words: string | null
  /** Slug. */
  readonly category: string | null
  readonly city: string | null
  /** Days, as `2026-12-31`. */
  readonly from: string | null
  readonly to: string | null
  /** In the smallest unit of rupiah. */
  readonly least: number | null
  readonly most: number | null
  readonly online: boolean | null
  readonly near: Near | null
  /** Null: what fits best where there are words, the nearest where there is a place, else the soonest. */
  readonly order: Order | null
}

export interface Near {
  readonly latitude: number
  readonly longitude: number
  readonly radiusKm: number
}

export const ORDERS = [
  'STARTS_AT_ASC',
  'POPULAR',
  'PRICE_ASC',
  'RELEVANCE',
  'DISTANCE',
] as const satisfies EventOrder[]
export type Order = (typeof ORDERS)[number]

export const ANYTHING: Search = {
  words: null,
  category: null,
  city: null,
  from: null,
  to: null,
  least: null,
  most: null,
  online: null,
  near: null,
  order: null,
}

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

/** The address of a search; the same search has always the same. */
export function searchUrl(search: Partial<Search>): string {
  const { words, category, city, from, to, least, most, online, near, order } = { ...ANYTHING, ...search }
  const query = new URLSearchParams()
  const set = (name: string, value: string | number | null) =>
    value !== null && value !== '' && query.set(name, String(value))
  set('q', words)
  set('category', category)
  set('city', city)
  set('from', from)
  set('to', to)
  set('min', least)
  set('max', most)
  set('online', online === null ? null : online ? '1' : '0')
  // Some hundred metres are near enough, and more is nobody's business.
  set('near', near && [near.latitude.toFixed(3), near.longitude.toFixed(3), near.radiusKm].join(','))
  set('order', order)
  const text = query.toString()
  return text ? `/search?${text}` : '/search'
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

/** The day of a moment by this device's own clock, as `2026-12-31`. */
export const dayOf = (moment: Date): string =>
  [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-')

/** The Saturday and Sunday to come; what is left of them when they are today. */
export function weekendOf(today: Date): { from: string; to: string } {
  const toSunday = (7 - today.getDay()) % 7
  const day = (later: number) =>
    dayOf(new Date(today.getFullYear(), today.getMonth(), today.getDate() + later))
  return { from: day(Math.max(0, toSunday - 1)), to: day(toSunday) }
}
