import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Choosable, choose, fit, MOST_PLACES, mostOf, placesOf, shortfalls } from './selection.ts'

const type = (id: string, more: Partial<Choosable> = {}): Choosable => ({
  id,
  name: `Type ${id}`,
  kind: 'PAID',
  price: 50_000,
  available: 100,
  saleStatus: 'ON_SALE',
  seated: false,
  maxPerUser: null,
  ...more,
})

it('lets nobody choose more than is left, than one person may have, or than one hold keeps', () => {
  expect(mostOf(type('a'), {})).toBe(10)
  expect(mostOf(type('a', { available: 3 }), {})).toBe(3)
  expect(mostOf(type('a', { maxPerUser: 2 }), {})).toBe(2)
  expect(mostOf(type('a'), { b: 7, a: 2 })).toBe(3)
  expect(mostOf(type('a'), { b: 7 }, { seats: 3 })).toBe(0)
  expect(mostOf(type('a'), {}, { mostOpen: 4 })).toBe(4)
  expect(mostOf(type('a', { saleStatus: 'UPCOMING' }), {})).toBe(0)
  expect(mostOf(type('a', { seated: true }), {})).toBe(0)
})

it('keeps a choice that stock has overtaken until the buyer has seen it, and names what is left', () => {
  const selection = choose(choose({}, 'a', 4), 'b', 2)
  const types = [type('a', { available: 3 }), type('b', { available: 0, saleStatus: 'SOLD_OUT' })]
  expect(shortfalls(selection, types)).toEqual([
    { id: 'a', name: 'Type a', wanted: 4, left: 3 },
    { id: 'b', name: 'Type b', wanted: 2, left: 0 },
  ])
  expect(selection).toEqual({ a: 4, b: 2 })
  expect(fit(selection, types)).toEqual({ a: 3 })
})

it('has nothing short of stock, and nothing more than was wanted, once it is cut down', () => {
  const types = fc.array(
    fc.record({ available: fc.nat(12), saleStatus: fc.constantFrom('ON_SALE', 'SOLD_OUT', 'PAUSED') }),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(types, fc.array(fc.nat(MOST_PLACES), { maxLength: 4 }), (drawn, wanted) => {
      const known = drawn.map((one, index) => type(String(index), one))
      const selection = wanted.reduce((kept, quantity, index) => choose(kept, String(index), quantity), {})
      const kept = fit(selection, known)
      expect(shortfalls(kept, known)).toEqual([])
      expect(placesOf(kept)).toBeLessThanOrEqual(placesOf(selection))
    }),
  )
})
