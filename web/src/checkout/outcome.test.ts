import { expect, it } from 'vitest'
import { bookingKey, isSettled, outcomeOf, type PayableBooking, paymentKey } from './outcome.ts'

const booking = (
  status: PayableBooking['status'],
  payment: string | null = null,
  tickets = 0,
): PayableBooking => ({
  status,
  totalPrice: 100_000,
  payment:
    payment === null
      ? null
      : { id: 'p', method: 'MIDTRANS', status: payment, redirectUrl: null, instructions: null },
  tickets: Array.from({ length: tickets }),
})

it('says of every state of a booking and its payment how the purchase stands', () => {
  expect([
    outcomeOf(booking('PENDING')),
    outcomeOf(booking('PENDING', 'REQUIRES_ACTION')),
    outcomeOf(booking('PENDING', 'AUTHORIZED')),
    outcomeOf(booking('PENDING', 'FAILED')),
    outcomeOf(booking('PENDING', 'PAID')),
    outcomeOf(booking('PAID', 'PAID')),
    outcomeOf(booking('PAID', 'PAID', 2)),
    outcomeOf({ ...booking('PAID', 'PAID'), tickets: null }),
    outcomeOf(booking('EXPIRED', 'FAILED')),
    outcomeOf(booking('EXPIRED', 'REFUNDED')),
    outcomeOf(booking('CANCELLED')),
    outcomeOf(booking('REFUNDED', 'REFUNDED')),
  ]).toEqual([
    'UNPAID',
    'OPEN',
    'CHECKING',
    'DECLINED',
    'CHECKING',
    'ISSUING',
    'DONE',
    'ISSUING',
    'EXPIRED',
    'RETURNED',
    'CANCELLED',
    'RETURNED',
  ])
  expect(isSettled('ISSUING')).toBe(false)
  expect(isSettled('RETURNED')).toBe(true)
})

it('means one attempt in every tab, and another one only after a refusal or a change of what is booked', () => {
  expect(bookingKey('h', ['A'], null)).toBe(bookingKey('h', ['A'], null))
  expect(bookingKey('h', ['A'], null)).not.toBe(bookingKey('h', [], null))
  expect(bookingKey('h', [], 5)).not.toBe(bookingKey('h', [], null))
  expect(paymentKey('b', 'STRIPE', null)).not.toBe(paymentKey('b', 'STRIPE', 'refused'))
  expect(paymentKey('b', 'STRIPE', 'p')).not.toBe(paymentKey('b', 'XENDIT', 'p'))
  expect(
    bookingKey('0190a0e0-0000-7000-8000-000000000000', Array(5).fill('X'.repeat(40)), 1).length,
  ).toBeLessThan(256)
})
