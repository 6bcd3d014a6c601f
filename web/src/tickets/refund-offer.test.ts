import { describe, expect, it } from 'vitest'
import type { BookingOfMine } from '../generated/tickets/bookings.ts'
import { refundableTickets, refundAmountOf, refundOfferOf } from './refund-offer.ts'

const START = Date.parse('2027-06-12T12:00:00Z')
const HOUR = 3_600_000

type Policy = BookingOfMine['refundPolicy']

const policy = (given: Partial<Policy>): Policy => ({
  tiers: [{ hoursBeforeStart: 0, percent: 100 }],
  approval: 'ORGANIZER',
  reviewHours: 72,
  whenUndecided: 'APPROVE',
  feesKept: false,
  ...given,
})

const NOTHING = policy({ tiers: [] })

interface Given {
  bought?: Policy
  now?: Policy
  booking?: Partial<BookingOfMine>
  event?: Partial<NonNullable<BookingOfMine['event']>>
}

/** Two tickets of 100000 with a fee of 10000 in all. */
function bookingOf({ bought = NOTHING, now = NOTHING, booking, event }: Given): BookingOfMine {
  return {
    status: 'PAID',
    createdAt: '2027-05-01T00:00:00Z',
    subtotal: 200_000,
    discount: 0,
    surcharge: 10_000,
    totalPrice: 210_000,
    items: [{ name: 'Standing', seatLabel: null, unitPrice: 100_000, quantity: 2, discount: 0 }],
    tickets: [
      { id: 'a', status: 'VALID' },
      { id: 'b', status: 'VALID' },
    ],
    refundRequests: [],
    refunds: [],
    refundPolicy: bought,
    event: {
      status: 'APPROVED',
      startsAt: '2027-06-12T12:00:00Z',
      rescheduledAt: null,
      refundUntil: null,
      refundPolicy: now,
      ...event,
    },
    ...booking,
  } as BookingOfMine
}

describe('what goes back', () => {
  const tiers = [
    { hoursBeforeStart: 168, percent: 100 },
    { hoursBeforeStart: 24, percent: 50 },
  ]

  it.each([
    [200, 100],
    [168, 100],
    [167, 50],
    [24, 50],
    [23, null],
  ])('%i hours before the start: %s per cent', (hours, percent) => {
    const offer = refundOfferOf(bookingOf({ bought: policy({ tiers }) }), START - hours * HOUR)
    expect(offer?.percent ?? null).toBe(percent)
  })

  it('is by the terms of then or those of now, whichever are better for the buyer', () => {
    const half = policy({ tiers: [{ hoursBeforeStart: 0, percent: 50 }], approval: 'AUTOMATIC' })
    const all = policy({})
    for (const [bought, now] of [
      [half, all],
      [all, half],
    ] as const)
      expect(refundOfferOf(bookingOf({ bought, now }), START - HOUR)).toMatchObject({
        percent: 100,
        atOnce: false,
      })
  })

  it('is everything, at once, of an event that was called off or moved after it was booked', () => {
    const off = bookingOf({ event: { status: 'CANCELLED' } })
    const moved = { rescheduledAt: '2027-05-02T00:00:00Z', refundUntil: '2027-06-01T00:00:00Z' }
    const until = Date.parse(moved.refundUntil)
    const full = { percent: 100, atOnce: true }
    expect(refundOfferOf(off, START - HOUR)).toMatchObject(full)
    expect(refundOfferOf(bookingOf({ event: moved }), until)).toMatchObject(full)
    expect(refundOfferOf(bookingOf({ event: moved }), until + 1)).toBeNull()
    const booked = { createdAt: '2027-05-03T00:00:00Z' }
    expect(refundOfferOf(bookingOf({ event: moved, booking: booked }), until)).toBeNull()
  })

  it('is nothing of what was never paid', () => {
    expect(
      refundOfferOf(bookingOf({ bought: policy({}), booking: { status: 'EXPIRED' } }), START - HOUR),
    ).toBeNull()
  })
})

describe('the amount before it is asked for', () => {
  const offer = {
    percent: 100,
    atOnce: true,
    reviewHours: 0,
    whenUndecided: 'APPROVE' as const,
    feesKept: false,
  }

  it('is all that was paid, of all tickets, and a ticket’s part of it, of one', () => {
    expect(refundAmountOf(bookingOf({}), ['a', 'b'], offer)).toBe(210_000)
    expect(refundAmountOf(bookingOf({}), ['b'], offer)).toBe(105_000)
  })

  it('is less what fees and discounts took', () => {
    const cheaper = bookingOf({
      booking: {
        discount: 50_000,
        totalPrice: 160_000,
        items: [{ name: 'Standing', seatLabel: null, unitPrice: 100_000, quantity: 2, discount: 50_000 }],
      },
    })
    expect(refundAmountOf(cheaper, ['a', 'b'], offer)).toBe(160_000)
    expect(refundAmountOf(cheaper, ['a', 'b'], { ...offer, feesKept: true })).toBe(150_000)
    expect(refundAmountOf(cheaper, ['a'], { ...offer, feesKept: true, percent: 50 })).toBe(37_500)
  })
})

it('offers neither what was used nor what is asked for already', () => {
  const booking = bookingOf({
    booking: {
      tickets: ['VALID', 'USED', 'VALID'].map((status, at) => ({ id: 'abc'[at], status })),
      refundRequests: [{ status: 'PENDING', tickets: [{ id: 'c' }] }],
    } as Partial<BookingOfMine>,
  })
  expect(refundableTickets(booking).map(({ id }) => id)).toEqual(['a'])
})
