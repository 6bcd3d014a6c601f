import type { EventOrder } from '../generated/discover/search.ts'

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

export type Order = Extract<EventOrder, 'STARTS_AT_ASC' | 'POPULAR' | 'PRICE_ASC' | 'RELEVANCE' | 'DISTANCE'>

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
