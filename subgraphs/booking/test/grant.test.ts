import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { bookingSettings, signupGrant } from '../src/env.ts'
import { balanceOf, type BookingProcess, startBooking } from './booking-process.ts'
import { pileUp } from './mutants.ts'

describe('line 21: the sign-up grant', () => {
  it('is in the wallet at the first look of somebody new, even one ahead of the word that they signed up', async () => {
    await using booking = await startBooking()
    const buyer = person()
    const look = balanceOf(booking, buyer)
    await booking.signUp(buyer)
    expect(await look).toBe(1_000_000)
  })

  it('comes to a wallet that was opened without it', async () => {
    await using booking = await startBooking()
    const late = { ...person(), id: '01900000-0000-7000-8000-000000000001' } // signed up in 2024: the word was long lost
    expect(await balanceOf(booking, late)).toBe(0)
    await booking.signUp(late)
    expect(await balanceOf(booking, late)).toBe(1_000_000)
    await booking.signUp(late)
    expect(await balanceOf(booking, late)).toBe(1_000_000)
  })

  it('is not given again to whoever signs up again after an erasure', async () => {
    await using booking = await startBooking()
    const [first, again, other] = [person(), person(), person()]
    await booking.signUp(first, 'one mailbox')
    await booking.signUp(again, 'one mailbox')
    await booking.signUp(other, 'another mailbox')
    expect(await balanceOf(booking, first)).toBe(1_000_000)
    expect(await balanceOf(booking, again)).toBe(0)
    expect(await balanceOf(booking, other)).toBe(1_000_000)
  })

  it('is nothing in production unless it is set, and a million rupiah where people try the platform out', () => {
    const given = {
      SERVICE_SECRET: 'x'.repeat(32),
      REDIS_URL: 'redis://127.0.0.1:6379',
      PORT: '4004',
      DATABASE_URL: 'postgres://127.0.0.1/booking',
      USER_URL: 'http://127.0.0.1:4001',
      EVENT_URL: 'http://127.0.0.1:4002',
      TICKET_URL: 'http://127.0.0.1:4003',
      KEY_ENCRYPTION_SECRET: 'x'.repeat(32),
    }
    const grant = (settings: Record<string, string>) =>
      signupGrant(bookingSettings.parse({ ...given, ...settings }))
    expect(grant({})).toBe(0)
    expect(grant({ NODE_ENV: 'production', SIGNUP_GRANT_IDR: '' })).toBe(0)
    expect(grant({ NODE_ENV: 'production', SIGNUP_GRANT_IDR: '500' })).toBe(500)
    expect(grant({ NODE_ENV: 'development' })).toBe(1_000_000)
  })
})

describe('guard signup_grants_pkey: ten sign-ups of one person at once', () => {
  async function granted(booking: BookingProcess): Promise<number> {
    const people = Array.from({ length: 10 }, () => person())
    await pileUp(booking.db, 'signup_grants', 5, () =>
      parallel(10, (n) => booking.signUp(people[n] ?? person(), 'one mailbox')),
    )
    const balances = await Promise.all(people.map((one) => balanceOf(booking, one)))
    return balances.reduce((sum, balance) => sum + balance, 0)
  }

  it('without it are granted several times', async () => {
    await using booking = await startBooking()
    await booking.db.$executeRawUnsafe('ALTER TABLE signup_grants DROP CONSTRAINT signup_grants_pkey')
    expect(await granted(booking)).toBeGreaterThan(1_000_000)
  })

  it('with it are granted once', async () => {
    await using booking = await startBooking()
    expect(await granted(booking)).toBe(1_000_000)
  })
})
