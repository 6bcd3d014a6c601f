import type { AskedFilter } from '@karcis/event/domain/browsing/list-events'
import type { EventOrder } from '@karcis/event/domain/events/event-order'

/** One list, and how somebody would ask Postgres for it by hand: `$1` is what varies. */
export interface Case {
  name: string
  filter: AskedFilter
  orders: EventOrder[]
  hand: string
}

const VISIBLE = `FROM events e WHERE e.status = 'APPROVED'`
const LISTED = `FROM events e JOIN event_listings l ON l.event_id = e.id WHERE e.status = 'APPROVED'`
const SEARCHED = (query: string) =>
  `FROM events e JOIN event_texts t ON t.event_id = e.id WHERE e.status = 'APPROVED' AND t.document @@ ${query}`
const SOONEST = 'ORDER BY e.starts_at, e.id LIMIT 21'

const orderCase = (order: EventOrder, hand: string): Case => ({
  name: `in the order ${order}`,
  filter: {},
  orders: [order],
  hand,
})

const filterCase = (name: string, filter: AskedFilter, hand: string): Case => ({
  name,
  filter: { status: 'APPROVED', ...filter },
  orders: ['STARTS_AT_ASC'],
  hand,
})

const TO_COME = `AND e.ends_at > now()`
const IN_A_YEAR = new Date(Date.now() + 300 * 86_400_000).toISOString().slice(0, 10)
/** In the middle of the largest city, and of one of the smallest. */
const LARGE = { latitude: -6.15, longitude: 100.45 }
const SMALL = { latitude: 5.15, longitude: 138.85 }
const within = ({ latitude, longitude }: typeof LARGE, km: number) =>
  `(cube(l.position) <-> cube(place_position(${latitude}, ${longitude}))) <= ${km / 6371}`

/** Every filter and every order, rare and common. */
export const CASES: Case[] = [
  orderCase('STARTS_AT_ASC', `SELECT e.id ${VISIBLE} ${SOONEST}`),
  orderCase('STARTS_AT_DESC', `SELECT e.id ${VISIBLE} ORDER BY e.starts_at DESC, e.id DESC LIMIT 21`),
  orderCase('CREATED_AT_DESC', `SELECT e.id ${VISIBLE} ORDER BY e.id DESC LIMIT 21`),
  orderCase('TITLE_ASC', `SELECT e.id ${LISTED} ORDER BY l.title_key LIMIT 21`),
  orderCase('CITY_ASC', `SELECT e.id ${LISTED} ORDER BY l.city_key, l.starts_at LIMIT 21`),
  orderCase(
    'PRICE_ASC',
    `SELECT e.id ${LISTED} AND l.currency = 'IDR' ORDER BY l.price_from NULLS LAST LIMIT 21`,
  ),
  orderCase(
    'PRICE_DESC',
    `SELECT e.id ${LISTED} AND l.currency = 'IDR' ORDER BY l.price_to DESC NULLS LAST LIMIT 21`,
  ),
  orderCase('POPULAR', `SELECT e.id ${LISTED} ORDER BY l.popularity DESC LIMIT 21`),
  {
    name: 'in the order CITY_ASC, STARTS_AT_DESC',
    filter: {},
    orders: ['CITY_ASC', 'STARTS_AT_DESC'],
    hand: `SELECT e.id ${LISTED} ORDER BY l.city_key, l.starts_at DESC LIMIT 21`,
  },
  filterCase('to come', {}, `SELECT e.id ${VISIBLE} ${TO_COME} ${SOONEST}`),
  filterCase(
    'of a category, by its name',
    { category: 'Bench-Musik' },
    `SELECT e.id ${VISIBLE} ${TO_COME} AND e.category_id = (SELECT id FROM categories WHERE slug = 'bench-musik') ${SOONEST}`,
  ),
  filterCase(
    'from a day on',
    { fromDate: IN_A_YEAR },
    `SELECT e.id ${VISIBLE} AND (e.starts_at AT TIME ZONE e.timezone)::date >= '${IN_A_YEAR}' ${SOONEST}`,
  ),
  filterCase('online', { online: true }, `SELECT e.id ${VISIBLE} ${TO_COME} AND e.online ${SOONEST}`),
  filterCase(
    'in a large city',
    { city: 'kota 1' },
    `SELECT e.id ${LISTED} ${TO_COME} AND l.city_key LIKE '%kota 1%' ${SOONEST}`,
  ),
  filterCase(
    'in a small city',
    { city: 'ota 399' },
    `SELECT e.id ${LISTED} ${TO_COME} AND l.city_key LIKE '%ota 399%' ${SOONEST}`,
  ),
  filterCase(
    'at an ordinary price',
    { minPrice: 50_000, maxPrice: 100_000 },
    `SELECT e.id ${LISTED} ${TO_COME} AND l.price_from <= 100000 AND l.price_to >= 50000 ${SOONEST}`,
  ),
  filterCase(
    'at a rare price',
    { minPrice: 4_420_000 },
    `SELECT e.id ${LISTED} ${TO_COME} AND l.price_to >= 4420000 ${SOONEST}`,
  ),
  filterCase(
    'within 50 km of a large city',
    { near: { ...LARGE, radiusKm: 50 } },
    `SELECT e.id ${LISTED} ${TO_COME} AND ${within(LARGE, 50)} ${SOONEST}`,
  ),
  filterCase(
    'within 50 km of a small city',
    { near: { ...SMALL, radiusKm: 50 } },
    `SELECT e.id ${LISTED} ${TO_COME} AND ${within(SMALL, 50)} ${SOONEST}`,
  ),
  {
    name: 'nearest to a large city',
    filter: { status: 'APPROVED', near: { ...LARGE, radiusKm: 50 } },
    orders: ['DISTANCE'],
    hand: `SELECT e.id ${LISTED} ${TO_COME} ORDER BY cube(l.position) <-> cube(place_position(${LARGE.latitude}, ${LARGE.longitude})) LIMIT 21`,
  },
  filterCase(
    'searched: a word in twenty events',
    { search: 'nama777' },
    `SELECT e.id ${SEARCHED(`to_tsquery('nama777')`)} ${TO_COME} ${SOONEST}`,
  ),
  filterCase(
    'searched: a word in most events',
    { search: 'konser' },
    `SELECT e.id ${SEARCHED(`to_tsquery('indonesian', 'konser')`)} ${TO_COME} ${SOONEST}`,
  ),
  filterCase(
    'searched: mistyped',
    { search: 'gamelna nama777' },
    `SELECT e.id ${SEARCHED(`to_tsquery('gamelan & nama777')`)} ${TO_COME} ${SOONEST}`,
  ),
  {
    name: 'searched: a rare word, by relevance',
    filter: { search: 'nama777 wayang' },
    orders: ['RELEVANCE'],
    hand: `SELECT e.id ${SEARCHED(`to_tsquery('nama777 & wayang')`)} ORDER BY ts_rank(t.document, to_tsquery('nama777 & wayang')) DESC LIMIT 21`,
  },
  {
    name: 'searched: a common word, by relevance',
    filter: { search: 'konser' },
    orders: ['RELEVANCE'],
    hand: `SELECT e.id ${SEARCHED(`to_tsquery('konser')`)} ORDER BY ts_rank(t.document, to_tsquery('konser')) DESC LIMIT 21`,
  },
  filterCase(
    'searched in a small city, at a price',
    { search: 'musik', city: 'kota 399', minPrice: 50_000 },
    `SELECT e.id FROM events e JOIN event_listings l ON l.event_id = e.id JOIN event_texts t ON t.event_id = e.id WHERE e.status = 'APPROVED' ${TO_COME} AND t.document @@ to_tsquery('indonesian', 'musik') AND l.city_key = 'kota 399' AND l.price_to >= 50000 ${SOONEST}`,
  ),
]
