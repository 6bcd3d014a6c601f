import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { filterOf, ORDERS, orderOf, readSearch } from './search-asked.ts'
import { ANYTHING, type Search, searchUrl, weekendOf } from './search-url.ts'

const readUrl = (url: string): Search =>
  readSearch(Object.fromEntries(new URL(url, 'https://karcis.test').searchParams))

const words = fc.string({ minLength: 1, maxLength: 40 }).map((text) => text.trim() || null)
const day = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const search: fc.Arbitrary<Search> = fc
  .record({
    words: maybe(words),
    category: maybe(words),
    city: maybe(words),
    from: maybe(day),
    to: maybe(day),
    least: maybe(fc.integer({ min: 0, max: 1e9 })),
    most: maybe(fc.integer({ min: 0, max: 1e9 })),
    online: maybe(fc.boolean()),
    near: maybe(
      fc.record({
        latitude: fc.integer({ min: -90_000, max: 90_000 }).map((n) => n / 1_000),
        longitude: fc.integer({ min: -180_000, max: 180_000 }).map((n) => n / 1_000),
        radiusKm: fc.integer({ min: 1, max: 20_000 }),
      }),
    ),
    order: maybe(fc.constantFrom(...ORDERS)),
  })
  .map((one) => ({ ...one, order: one.order === 'DISTANCE' && !one.near ? null : one.order }))

describe('the address of a search', () => {
  it('says all that the search says', () => {
    fc.assert(
      fc.property(search, (one) => {
        expect(readUrl(searchUrl(one))).toEqual(one)
      }),
    )
  })

  it('asks for anything when it makes no sense', () => {
    const odd = { from: 'soon', max: '-1', near: '91,0', order: 'DISTANCE', online: 'yes', q: '  ' }
    expect(readSearch(odd)).toEqual(ANYTHING)
  })

  it('asks for what is to come, the best first for words and the nearest first for a place', () => {
    expect(filterOf(ANYTHING)).toEqual({ status: 'APPROVED' })
    expect(orderOf(ANYTHING)).toBe('STARTS_AT_ASC')
    expect(orderOf(readUrl('/search?q=jazz'))).toBe('RELEVANCE')
    expect(orderOf(readUrl('/search?near=-6.2,106.8'))).toBe('DISTANCE')
  })
})

it.each([
  ['a Wednesday', '2026-11-25T10:00', '2026-11-28', '2026-11-29'],
  ['a Saturday', '2026-11-28T10:00', '2026-11-28', '2026-11-29'],
  ['a Sunday', '2026-11-29T23:00', '2026-11-29', '2026-11-29'],
])('the weekend of %s', (_, now, from, to) => {
  expect(weekendOf(new Date(now))).toEqual({ from, to })
})
