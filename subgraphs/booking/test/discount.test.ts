import { newId } from '@karcis/kit/ids'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { discountLines, type Line, type Reduction, spread, sumOf } from '../src/domain/promos/discount.ts'

const TYPES = [newId(), newId(), newId()] as const

const line = (unitPrice: number, quantity = 1, change: Partial<Line> = {}): Line => ({
  ticketTypeId: TYPES[0],
  kind: 'PAID',
  unitPrice,
  quantity,
  ...change,
})

const promo = (change: Partial<Reduction>): Reduction => ({
  kind: 'PERCENT',
  percent: null,
  amount: null,
  freeQuantity: null,
  maximumDiscount: null,
  ticketTypeIds: [],
  ...change,
})

const percent = (value: number, change: Partial<Reduction> = {}) => promo({ percent: value, ...change })
const fixed = (amount: number, change: Partial<Reduction> = {}) => promo({ kind: 'FIXED', amount, ...change })
const freeItem = (freeQuantity = 1, change: Partial<Reduction> = {}) =>
  promo({ kind: 'FREE_ITEM', freeQuantity, ...change })

describe('the rounding rule', () => {
  it.for([
    { of: 'rupiah', price: 33_333, off: 10, is: 3_333 }, // 3333.3
    { of: 'cents', price: 1_250, off: 33, is: 413 }, // 412.5
    { of: 'yen', price: 5, off: 10, is: 1 }, // 0.5
    { of: 'yen', price: 4, off: 10, is: 0 }, // 0.4
    { of: 'the largest amount', price: Number.MAX_SAFE_INTEGER, off: 100, is: Number.MAX_SAFE_INTEGER },
  ])('$off % of $price $of are $is: half a unit is rounded up', ({ price, off, is }) => {
    expect(discountLines([line(price)], [percent(off)])).toEqual([[is]])
  })

  it('a unit that is left over goes to the largest remainder, of equal ones to the first', () => {
    expect(discountLines([line(1), line(1), line(1)], [fixed(1)])).toEqual([[1, 0, 0]])
    expect(discountLines([line(100), line(200), line(300)], [fixed(100)])).toEqual([[17, 33, 50]])
    expect(spread(2n, [1n, 3n, 3n])).toEqual([0n, 1n, 1n])
  })

  it('free places are the cheapest ones, at their whole price', () => {
    expect(discountLines([line(500), line(200, 3), line(300)], [freeItem(2)])).toEqual([[0, 400, 0]])
    expect(discountLines([line(500), line(200), line(300)], [freeItem(2)])).toEqual([[0, 200, 300]])
    expect(discountLines([line(200, 3)], [freeItem(), freeItem()])).toEqual([[200], [200]])
    expect(discountLines([line(200, 3)], [freeItem(3, { maximumDiscount: 250 })])).toEqual([[250]])
  })

  it('free places come before percentages, and these before fixed amounts, whatever the order they are given in', () => {
    const lines = [line(1_000, 2)]
    expect(discountLines(lines, [fixed(100), percent(10), freeItem()])).toEqual([[100], [100], [1_000]])
    expect(discountLines(lines, [freeItem(), percent(10), fixed(100)])).toEqual([[1_000], [100], [100]])
  })

  it('a donation, and what the promotion is not for, costs what it did', () => {
    const lines = [
      line(1_000, 1, { kind: 'DONATION' }),
      line(1_000, 1, { ticketTypeId: TYPES[1] }),
      line(1_000),
    ]
    expect(discountLines(lines, [percent(50, { ticketTypeIds: [TYPES[0]] })])).toEqual([[0, 0, 500]])
    expect(discountLines(lines, [fixed(5_000)])).toEqual([[0, 1_000, 1_000]])
  })
})

const lines = fc.array(
  fc.record({
    ticketTypeId: fc.constantFrom(...TYPES),
    kind: fc.constantFrom('PAID' as const, 'FREE' as const, 'DONATION' as const),
    // Prices as they are in rupiah, dollars and yen, and up to the largest that one booking may come to.
    unitPrice: fc.oneof(
      fc.nat(1_000),
      fc.nat(5_000_000),
      fc.integer({ min: 0, max: Math.floor(Number.MAX_SAFE_INTEGER / 100) }),
    ),
    quantity: fc.integer({ min: 1, max: 10 }),
  }),
  { minLength: 1, maxLength: 10 },
)
const types = fc.subarray([...TYPES])
const bound = fc.option(fc.integer({ min: 1, max: 10_000_000 }), { nil: null })
const reduction: fc.Arbitrary<Reduction> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 100 }), bound, types)
    .map(([value, maximumDiscount, ticketTypeIds]) => percent(value, { maximumDiscount, ticketTypeIds })),
  fc
    .tuple(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), bound, types)
    .map(([amount, maximumDiscount, ticketTypeIds]) => fixed(amount, { maximumDiscount, ticketTypeIds })),
  fc
    .tuple(fc.integer({ min: 1, max: 10 }), bound, types)
    .map(([quantity, maximumDiscount, ticketTypeIds]) =>
      freeItem(quantity, { maximumDiscount, ticketTypeIds }),
    ),
)

describe('of any lines and promotions', () => {
  it('every part is a whole number, no line goes below zero, and the parts sum to what was taken off', () => {
    fc.assert(
      fc.property(lines, fc.array(reduction, { maxLength: 5 }), (items, promos) => {
        const taken = discountLines(items, promos)
        expect(taken).toHaveLength(promos.length)
        const subtotal = sumOf(items.map((item) => item.unitPrice * item.quantity))
        const byLine = items.map((_, at) => sumOf(taken.map((parts) => parts[at] ?? Number.NaN)))
        for (const [at, { kind, unitPrice, quantity }] of items.entries()) {
          expect(Number.isSafeInteger(byLine[at])).toBe(true)
          expect(byLine[at]).toBeGreaterThanOrEqual(0)
          expect(byLine[at]).toBeLessThanOrEqual(kind === 'DONATION' ? 0 : unitPrice * quantity)
        }
        expect(sumOf(taken.map(sumOf))).toBe(sumOf(byLine))
        expect(subtotal - sumOf(byLine)).toBeGreaterThanOrEqual(0)
        for (const [at, { maximumDiscount, amount }] of promos.entries()) {
          expect(sumOf(taken[at] ?? [])).toBeLessThanOrEqual(
            Math.min(maximumDiscount ?? amount ?? subtotal, amount ?? subtotal),
          )
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('a percentage is within half a unit of the exact sum, and each part within a unit of its exact share', () => {
    const paid = lines.map((items) => items.map((item) => ({ ...item, kind: 'PAID' as const })))
    fc.assert(
      fc.property(paid, fc.integer({ min: 1, max: 100 }), (items, off) => {
        const parts = discountLines(items, [percent(off)])[0] ?? []
        const costs = items.map((item) => BigInt(item.unitPrice) * BigInt(item.quantity))
        const cost = costs.reduce((sum, part) => sum + part, 0n)
        const sum = BigInt(sumOf(parts))
        const error = sum * 100n - cost * BigInt(off) // in hundredths of a unit
        expect(error > -50n && error <= 50n).toBe(true)
        for (const [at, part] of parts.entries()) {
          const share = BigInt(part) * cost - sum * (costs[at] ?? 0n) // in parts of `cost`
          expect(cost === 0n || (share > -cost && share < cost)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
