import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chargeFees } from '../src/domain/fees/charge-fees.ts'
import {
  type BookingFee,
  type ChargedLine,
  costOf,
  type FeeTerms,
  feeTotals,
} from '../src/domain/fees/fee.ts'
import { refundShare } from '../src/domain/fees/refund-share.ts'
import { sumOf } from '../src/domain/promos/discount.ts'

const line = (unitPrice: number, quantity = 1, discount = 0): ChargedLine => ({
  unitPrice,
  quantity,
  discount,
})

const terms = (kind: FeeTerms['kind'], change: Partial<FeeTerms>): FeeTerms => ({
  kind,
  name: kind,
  basisPoints: 0,
  perPlace: 0,
  currency: change.perPlace ? 'IDR' : null,
  inclusive: false,
  taxed: kind === 'ORGANIZER_FEE',
  ...change,
})

const amounts = (lines: ChargedLine[], fees: FeeTerms[], currency = 'IDR') =>
  chargeFees(lines, fees, currency).map(({ kind, amount }) => [kind, amount])

describe('what is charged', () => {
  it('discount first, then fees, then tax on the price and on the organizer’s fees', () => {
    const fees = [
      terms('TAX', { basisPoints: 1_100 }),
      terms('ORGANIZER_FEE', { perPlace: 2_500 }),
      terms('PLATFORM_FEE', { basisPoints: 500 }),
    ]
    expect(amounts([line(100_000, 2, 50_000)], fees)).toEqual([
      ['PLATFORM_FEE', 7_500], // 5 % of 150,000
      ['ORGANIZER_FEE', 5_000],
      ['TAX', 17_050], // 11 % of 155,000: the platform's fee is another supply
    ])
  })

  it('a fee that is not taxed has no tax on it', () => {
    const fees = [
      terms('ORGANIZER_FEE', { perPlace: 5_000, taxed: false }),
      terms('TAX', { basisPoints: 1_000 }),
    ]
    expect(amounts([line(100_000)], fees)).toEqual([
      ['ORGANIZER_FEE', 5_000],
      ['TAX', 10_000],
    ])
  })

  it('inclusive tax is inside of the price, exclusive tax is taken of what is left: there is no tax on tax', () => {
    const fees = [terms('TAX', { basisPoints: 1_100, inclusive: true }), terms('TAX', { basisPoints: 1_000 })]
    expect(amounts([line(111_000)], fees)).toEqual([
      ['TAX', 11_000],
      ['TAX', 10_000],
    ])
    const two = [
      terms('TAX', { basisPoints: 1_000, inclusive: true }),
      terms('TAX', { basisPoints: 1_500, inclusive: true }),
    ]
    expect(amounts([line(125_000)], two)).toEqual([
      ['TAX', 10_000],
      ['TAX', 15_000],
    ])
  })

  it('half a unit is rounded up, in every currency’s own unit', () => {
    const half = [terms('PLATFORM_FEE', { basisPoints: 500 })]
    expect(amounts([line(1_250)], half, 'USD')).toEqual([['PLATFORM_FEE', 63]]) // 62.5 cents
    expect(amounts([line(10)], half, 'JPY')).toEqual([['PLATFORM_FEE', 1]]) // 0.5 yen
    expect(amounts([line(9)], half, 'JPY')).toEqual([]) // 0.45 yen
  })

  it('what costs nothing is charged nothing', () => {
    const fees = [
      terms('PLATFORM_FEE', { basisPoints: 500, perPlace: 1_000 }),
      terms('TAX', { basisPoints: 1_100 }),
    ]
    expect(amounts([line(0, 3)], fees)).toEqual([])
    expect(amounts([line(50_000, 2, 100_000)], fees)).toEqual([])
    expect(amounts([line(0, 3), line(20_000)], fees)).toEqual([
      ['PLATFORM_FEE', 2_000],
      ['TAX', 2_200],
    ])
  })

  it('a fixed amount is charged in its own currency only', () => {
    expect(
      amounts([line(10_00)], [terms('PLATFORM_FEE', { basisPoints: 1_000, perPlace: 5_000 })], 'USD'),
    ).toEqual([['PLATFORM_FEE', 100]])
  })

  it('inclusive lines are never more than the price', () => {
    const fees = [
      terms('PLATFORM_FEE', { perPlace: 80_000, inclusive: true }),
      terms('ORGANIZER_FEE', { basisPoints: 10_000, inclusive: true }),
      terms('TAX', { basisPoints: 2_500, inclusive: true }),
    ]
    expect(amounts([line(100_000)], fees)).toEqual([
      ['PLATFORM_FEE', 80_000],
      ['TAX', 20_000],
    ])
  })
})

const lines = fc.array(
  fc
    .record({
      unitPrice: fc.oneof(
        fc.nat(20),
        fc.nat(5_000_000),
        fc.nat(Math.floor(Number.MAX_SAFE_INTEGER / 10_000)),
      ),
      quantity: fc.integer({ min: 1, max: 10 }),
      off: fc.integer({ min: 0, max: 100 }),
    })
    .map(({ unitPrice, quantity, off }) =>
      line(unitPrice, quantity, Math.floor((unitPrice * quantity * off) / 100)),
    ),
  { minLength: 1, maxLength: 5 },
)
const feeTerms = fc.array(
  fc
    .record({
      kind: fc.constantFrom('PLATFORM_FEE' as const, 'ORGANIZER_FEE' as const, 'TAX' as const),
      basisPoints: fc.integer({ min: 0, max: 10_000 }),
      perPlace: fc.oneof(fc.constant(0), fc.nat(30), fc.nat(100_000)),
      inclusive: fc.boolean(),
      taxed: fc.boolean(),
    })
    .map(({ kind, ...fee }) => terms(kind, fee)),
  { maxLength: 6 },
)

const totalOf = (items: ChargedLine[], fees: BookingFee[]) =>
  Number(items.reduce((sum, item) => sum + costOf(item), 0n)) + feeTotals(fees).surcharge

describe('whatever is charged', () => {
  it('an event never earns less than nothing, and inclusive lines fit into the price and what is taxed', () => {
    fc.assert(
      fc.property(lines, feeTerms, (items, all) => {
        const fees = chargeFees(items, all, 'IDR')
        const { platformFees, tax } = feeTotals(fees)
        expect(totalOf(items, fees) - platformFees - tax).toBeGreaterThanOrEqual(0)
        for (const { amount } of fees) expect(amount).toBeGreaterThan(0)
        if (totalOf(items, []) === 0) expect(fees).toEqual([])
      }),
    )
  })

  it('its parts sum to the total, in whatever steps the places go back', () => {
    fc.assert(
      fc.property(lines, feeTerms, fc.infiniteStream(fc.nat(10)), (items, all, steps) => {
        const fees = chargeFees(items, all, 'IDR')
        const before = items.map(() => 0)
        const back = { amount: 0, sales: 0, tax: 0, platformFees: 0 }
        const ofItems = items.map(() => 0)
        const ofFees = fees.map(() => 0)
        while (before.some((count, at) => count < (items[at]?.quantity ?? 0))) {
          const places = items.map(({ quantity }, at) => {
            const left = quantity - (before[at] ?? 0)
            return { before: before[at] ?? 0, now: Math.min(left, Number(steps.next().value)) }
          })
          const share = refundShare({ items, fees }, places)
          expect(share.sales + share.tax + share.platformFees).toBe(share.amount)
          const added = share.fees.filter((_, at) => !fees[at]?.inclusive)
          expect(sumOf(share.items) + sumOf(added)).toBe(share.amount)
          for (const part of [share.sales, share.tax, share.platformFees, ...share.items, ...share.fees])
            expect(part).toBeGreaterThanOrEqual(0)
          for (const key of ['amount', 'sales', 'tax', 'platformFees'] as const) back[key] += share[key]
          for (const [at, part] of share.items.entries()) ofItems[at] = (ofItems[at] ?? 0) + part
          for (const [at, part] of share.fees.entries()) ofFees[at] = (ofFees[at] ?? 0) + part
          for (const [at, { now }] of places.entries()) before[at] = (before[at] ?? 0) + now
        }
        const { tax, platformFees } = feeTotals(fees)
        const amount = totalOf(items, fees)
        expect(back).toEqual({ amount, sales: amount - tax - platformFees, tax, platformFees })
        expect(ofItems).toEqual(items.map((item) => Number(costOf(item))))
        expect(ofFees).toEqual(fees.map((fee) => fee.amount))
      }),
    )
  })

  it('a percentage is that of the whole, and never more of any part than that part is', () => {
    fc.assert(
      fc.property(
        lines,
        feeTerms,
        fc.integer({ min: 0, max: 100 }),
        fc.boolean(),
        (items, all, percent, keepFees) => {
          const fees = chargeFees(items, all, 'IDR')
          const places = items.map(({ quantity }) => ({ before: 0, now: quantity }))
          const whole = refundShare({ items, fees }, places, { keepFees })
          const part = refundShare({ items, fees }, places, { percent, keepFees })
          expect(BigInt(part.amount)).toBe((BigInt(whole.amount) * BigInt(percent) * 2n + 100n) / 200n)
          expect(part.sales + part.tax + part.platformFees).toBe(part.amount)
          for (const [at, one] of part.fees.entries()) expect(one).toBeLessThanOrEqual(whole.fees[at] ?? 0)
          for (const [at, one] of part.items.entries()) expect(one).toBeLessThanOrEqual(whole.items[at] ?? 0)
        },
      ),
    )
  })
})

describe('what goes back', () => {
  const items = [line(100_000, 3), line(50_000)]
  const fees = chargeFees(
    items,
    [
      terms('PLATFORM_FEE', { basisPoints: 300, perPlace: 1_000 }),
      terms('ORGANIZER_FEE', { perPlace: 2_000 }),
      terms('TAX', { basisPoints: 1_000 }),
    ],
    'IDR',
  )

  it('of one place: its price, its fees, and tax on both', () => {
    const one = refundShare({ items, fees }, [
      { before: 0, now: 1 },
      { before: 0, now: 0 },
    ])
    expect(one).toEqual({
      amount: 100_000 + 4_000 + 2_000 + 10_200,
      sales: 102_000,
      tax: 10_200,
      platformFees: 4_000,
      items: [100_000, 0],
      fees: [4_000, 2_000, 10_200],
    })
  })

  it('with fees kept: its price and tax on that', () => {
    const kept = refundShare(
      { items, fees },
      [
        { before: 1, now: 1 },
        { before: 0, now: 1 },
      ],
      { keepFees: true },
    )
    expect(kept).toEqual({
      amount: 165_000,
      sales: 150_000,
      tax: 15_000,
      platformFees: 0,
      items: [100_000, 50_000],
      fees: [0, 0, 15_000],
    })
  })

  it('what is inside of the price goes back with it, also where fees are kept', () => {
    const inclusive = chargeFees(
      [line(111_000)],
      [
        terms('PLATFORM_FEE', { basisPoints: 1_000, inclusive: true }),
        terms('TAX', { basisPoints: 1_100, inclusive: true }),
      ],
      'IDR',
    )
    const share = refundShare({ items: [line(111_000)], fees: inclusive }, [{ before: 0, now: 1 }], {
      keepFees: true,
    })
    expect(share).toMatchObject({ amount: 111_000, tax: 11_000, platformFees: 11_100, sales: 88_900 })
  })

  it('refuses more places than there are', () => {
    expect(() => refundShare({ items, fees }, [{ before: 2, now: 2 }])).toThrow(RangeError)
  })
})
