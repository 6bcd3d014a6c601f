import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CREATE } from './operations.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

/** As if the process had died just before it wrote the booking. */
async function unwriteBooking(id: string): Promise<void> {
  await world.db.$executeRaw`DELETE FROM booking_items WHERE booking_id = ${id}::uuid`
  await world.db.$executeRaw`DELETE FROM bookings WHERE id = ${id}::uuid`
}

describe('a hold is booked once', () => {
  async function heldSeat() {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 1 })
    const [seat = ''] = await world.seatMap(event, type, 1, 3)
    const buyer = person()
    return { buyer, holdId: await world.holdSeats(buyer, event, [seat]) }
  }

  it('however often, and with whatever keys, it is asked for', async () => {
    const { buyer, holdId } = await heldSeat()
    const asked = await parallel(12, (n) =>
      world.book(buyer, { holdId, idempotencyKey: n % 2 ? `key ${n}` : null }),
    )
    const ids = asked.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason))
    expect(new Set(ids).size).toBe(1)
    expect(ids[0]).toBe(await world.book(buyer, { holdId }))
  })

  it('also where a process died after binding it', async () => {
    const { buyer, holdId } = await heldSeat()
    const id = await world.book(buyer, { holdId })
    await unwriteBooking(id)
    expect(await world.book(buyer, { holdId, idempotencyKey: 'second try' })).toBe(id)
  })
})

describe('guard idempotency_keys_pkey: the same createBooking sent fifty times at once', () => {
  async function fiftyTimes(in_: World) {
    const event = await in_.eventOnSale()
    const type = await in_.ticketType(event, { price: 1_000, quota: 100 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 1, idempotencyKey: 'once' }
    const answers = await parallel(50, () => in_.ask(buyer, CREATE, { input }))
    const ids = answers.map((answer) => answer.status === 'fulfilled' && answer.value.data?.createBooking?.id)
    return { answers, ids: new Set(ids), held: (await in_.stock(type)).held, buyer, input }
  }

  it('without it there are several bookings', async () => {
    await using mutant = await startWorld()
    await mutant.db.$executeRawUnsafe('ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey')
    const { ids, held } = await fiftyTimes(mutant)
    expect(ids.size).toBeGreaterThan(1)
    expect(held).toBeGreaterThan(1)
  })

  it('with it there is one booking and fifty equal answers', async () => {
    const { answers, ids, held, buyer, input } = await fiftyTimes(world)
    expect(
      answers.filter((answer) => answer.status === 'rejected' || answer.value.errors.length > 0),
    ).toEqual([])
    expect(ids.size).toBe(1)
    expect(
      new Set(answers.map((answer) => answer.status === 'fulfilled' && JSON.stringify(answer.value.data)))
        .size,
    ).toBe(1)
    expect(held).toBe(1)
    const other = await world.ask(buyer, CREATE, { input: { ...input, quantity: 2 } })
    expect(other.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  it('goes on where a process died between taking the places and writing the booking', async () => {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 5 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 2, idempotencyKey: 'again' }
    const id = await world.book(buyer, input)
    await unwriteBooking(id)
    expect(await world.book(buyer, input)).toBe(id)
    expect(await world.stock(type)).toEqual({ sold: 0, held: 2, available: 3 })
  })

  it('lets a key be used anew after 24 hours', async () => {
    const type = await world.ticketType(await world.eventOnSale(), { price: 1_000, quota: 5 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 1, idempotencyKey: 'daily' }
    const id = await world.book(buyer, input)
    const [kept] = await world.db.$queryRaw<{ hours: number }[]>`SELECT
      round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours FROM idempotency_keys WHERE key = 'daily'`
    expect(kept).toEqual({ hours: 24 })
    await world.db.$executeRaw`UPDATE idempotency_keys SET expires_at = now() WHERE key = 'daily'`
    expect(await world.book(buyer, { ...input, quantity: 2 })).not.toBe(id)
  })
})
