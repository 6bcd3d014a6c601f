import { KarcisError } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { untilServed } from '@karcis/testkit/ask'
import { importMutant } from '@karcis/testkit/code-mutants'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBooking } from '../src/domain/checkout/create-booking.ts'
import { CREATE, PAY } from './operations.ts'
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

describe('somebody else who names a hold that was booked', () => {
  const NO_SUCH_HOLD = { status: 'rejected', reason: expect.objectContaining({ code: 'NOT_FOUND' }) }

  async function asked(create: typeof createBooking) {
    const type = await world.ticketType(await world.eventOnSale(), { price: 1_000, quota: 5 })
    const buyer = person()
    const hold = 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }'
    const held = await world.askTicket(buyer, hold, { input: { ticketTypeId: type, quantity: 1 } })
    const holdId: string = held.data.holdTickets.id
    const id = await world.book(buyer, { holdId })
    const stranger = person()
    const inputs = [{ holdId }, { holdId, idempotencyKey: 'theirs' }, { holdId, unitPrice: 5 }]
    const answers = await Promise.allSettled(
      inputs.map((input) => create(world.subgraph.deps, stranger, input)),
    )
    return { id, answers }
  }

  it('is told that there is no such hold, with a key or without', async () => {
    expect((await asked(createBooking)).answers).toEqual([NO_SUCH_HOLD, NO_SUCH_HOLD, NO_SUCH_HOLD])
  })

  it('without the guard (whose booking it is) would be given the booking', async () => {
    const mutant = await importMutant<{ createBooking: typeof createBooking }>(
      new URL('../src/domain/checkout/create-booking.ts', import.meta.url),
      [['booking?.userId === id ? booking : null', 'booking?.userId === id ? booking : booking']],
    )
    const { id, answers } = await asked(mutant.createBooking)
    for (const answer of answers) expect(answer).toMatchObject({ status: 'fulfilled', value: { id } })
  })
})

describe('guard idempotency_keys_pkey: the same createBooking sent fifty times at once', () => {
  async function fiftyTimes(in_: World) {
    const event = await in_.eventOnSale()
    const type = await in_.ticketType(event, { price: 1_000, quota: 100 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 1, idempotencyKey: 'once' }
    const answers = await parallel(50, () => untilServed(() => in_.ask(buyer, CREATE, { input })))
    const ids = answers.map((answer) => answer.status === 'fulfilled' && answer.value.data?.createBooking?.id)
    return { answers, ids: new Set(ids), held: (await in_.stock(type)).held, buyer, input }
  }

  it('without it, and without a look at whose the key is when the booking is written, there are several bookings', async () => {
    await using mutant = await startWorld()
    await mutant.db.$executeRawUnsafe('ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey')
    const look = ['SELECT result_id = ', 'SELECT true OR result_id = '] as const
    const { ids, held } = await withMutant(mutant.subgraph.deps, look, () => fiftyTimes(mutant))
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

describe('line 1: an input that can be corrected', () => {
  const refusal = async (buyer: Viewer, input: Record<string, unknown>) => {
    const { errors } = await world.ask(buyer, CREATE, { input })
    return errors[0]?.extensions
  }

  async function heldSeats() {
    const event = await world.eventOnSale()
    const type = await world.ticketType(event, { price: 1_000, quota: 1, maxPerUser: 2 })
    const seats = await world.seatMap(event, type, 1, 6)
    const buyer = person()
    const wanted = seats.slice(0, 2)
    return { event, type, buyer, wanted, holdId: await world.holdSeats(buyer, event, wanted) }
  }

  const seatStatuses = async (ids: string[]) => {
    const { data } = await world.askTicket(null, 'query ($ids: [ID!]!) { seats(ids: $ids) { status } }', {
      ids,
    })
    return data.seats.map((seat: { status: string }) => seat.status)
  }

  it('costs no hold, and the corrected one has its places', async () => {
    const { type, buyer, wanted, holdId } = await heldSeats()
    expect(await refusal(buyer, { holdId, unitPrice: 1_000 })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.unitPrice' }],
    })
    expect(await seatStatuses(wanted)).toEqual(['HELD', 'HELD'])
    const id = await world.book(buyer, { holdId })
    expect(await seatStatuses(wanted)).toEqual(['HELD', 'HELD'])
    expect(await world.stock(type)).toMatchObject({ held: 2 })
    expect(await world.ticket().deps.db.hold.findFirst({ where: { bookingId: id } })).toMatchObject({
      id: holdId,
      status: 'ACTIVE',
    })
  })

  it('whatever is sent at once: a PENDING booking has its places', async () => {
    const { buyer, wanted, holdId } = await heldSeats()
    const answers = await parallel(24, (n) =>
      world.ask(buyer, CREATE, { input: { holdId, unitPrice: n % 2 ? 1_000 : null } }),
    )
    const made = answers.flatMap((answer) =>
      answer.status === 'fulfilled' ? (answer.value.data?.createBooking?.id ?? []) : [],
    )
    expect(new Set(made).size).toBe(1)
    expect(await seatStatuses(wanted)).toEqual(['HELD', 'HELD'])
  })

  it('an ended hold is not booked, whatever was tried with it before', async () => {
    const { buyer, wanted, holdId } = await heldSeats()
    await refusal(buyer, { holdId, unitPrice: 1_000 })
    await world.askTicket(buyer, 'mutation ($id: ID!) { releaseHold(id: $id) { status } }', { id: holdId })
    expect(await refusal(buyer, { holdId })).toMatchObject({ code: 'HOLD_EXPIRED' })
    expect(await seatStatuses(wanted)).toEqual(['AVAILABLE', 'AVAILABLE'])
    expect(await world.db.booking.count({ where: { userId: buyer.id } })).toBe(0)
  })

  it('line 5: burns no key: not one for its own fields, nor one for what the ticket subgraph refuses', async () => {
    const type = await world.ticketType(await world.eventOnSale(), { price: 1_000, quota: 3 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 1, idempotencyKey: 'corrected' }
    for (const [wrong, code] of [
      [{ unitPrice: 5 }, 'BAD_USER_INPUT'],
      [{ quantity: 11 }, 'BAD_USER_INPUT'],
      [{ ticketTypeId: newId() }, 'NOT_FOUND'],
      [{ quantity: 4 }, 'SOLD_OUT'],
      [{ ticketTypeId: null, quantity: null, holdId: newId() }, 'NOT_FOUND'],
    ] as const) {
      expect(await refusal(buyer, { ...input, ...wrong })).toMatchObject({ code })
    }
    const id = await world.book(buyer, input)
    expect(await world.book(buyer, input)).toBe(id)
    expect(await refusal(buyer, { ...input, quantity: 2 })).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  it('line 5: a price that can be held twice but not paid twice is refused by a field that was sent', async () => {
    const most = Number.MAX_SAFE_INTEGER
    const gift = await world.ticketType(await world.eventOnSale(), { kind: 'DONATION', price: 1, quota: 3 })
    const input = { ticketTypeId: gift, quantity: 2, unitPrice: most }
    expect(await refusal(person(), input)).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.unitPrice' }],
    })
    expect(await world.stock(gift)).toMatchObject({ held: 0 })
  })
})

describe('users missed: several ticket types in one booking', () => {
  it('adult and child, all or nothing', async () => {
    const event = await world.eventOnSale()
    const adult = await world.ticketType(event, { name: 'Adult', price: 1_000, quota: 5 })
    const child = await world.ticketType(event, { name: 'Child', price: 400, quota: 2 })
    const gift = await world.ticketType(event, { name: 'Gift', kind: 'DONATION', price: 10, quota: 5 })
    const buyer = await world.buyer()
    const of = (children: number) => ({
      items: [
        { ticketTypeId: adult, quantity: 1 },
        { ticketTypeId: child.toUpperCase(), quantity: children },
        { ticketTypeId: gift, quantity: 1, unitPrice: 25 },
      ],
    })
    expect((await world.ask(buyer, CREATE, { input: of(3) })).code).toBe('SOLD_OUT')
    for (const type of [adult, child, gift]) expect(await world.stock(type)).toMatchObject({ held: 0 })

    const { data } = await world.ask(buyer, CREATE, { input: { ...of(2), idempotencyKey: 'family' } })
    expect(data.createBooking).toMatchObject({ status: 'PENDING', totalPrice: 1_825 })
    const items = data.createBooking.items.map(
      (item: { name: string; quantity: number; unitPrice: number }) => [
        item.name,
        item.quantity,
        item.unitPrice,
      ],
    )
    expect(items.toSorted()).toEqual([
      ['Adult', 1, 1_000],
      ['Child', 2, 400],
      ['Gift', 1, 25],
    ])
    expect(await world.book(buyer, { ...of(2), idempotencyKey: 'family' })).toBe(data.createBooking.id)
    const paid = await world.ask(buyer, PAY, { id: data.createBooking.id })
    expect(paid.data.confirmPayment.tickets).toHaveLength(4)
    expect(await world.stock(child)).toEqual({ sold: 2, held: 0, available: 0 })
  })

  it('what it says wrong is named as it was sent', async () => {
    const [event, other] = [await world.eventOnSale(), await world.eventOnSale()]
    const type = await world.ticketType(event, { price: 1_000, quota: 20 })
    const foreign = await world.ticketType(other, { price: 1_000, quota: 20 })
    const problems = async (input: Record<string, unknown>) => {
      const { errors } = await world.ask(person(), CREATE, { input })
      return ((errors[0]?.extensions?.fields ?? []) as { path: string }[]).map(({ path }) => path)
    }
    const one = { ticketTypeId: type, quantity: 1 }
    expect(await problems({ items: [] })).toEqual(['input.items'])
    expect(await problems({ items: [one, one] })).toEqual(['input.items.1.ticketTypeId'])
    expect(await problems({ items: [one, { ...one, ticketTypeId: foreign }] })).toEqual([
      'input.items.1.ticketTypeId',
    ])
    expect(await problems({ items: [{ ...one, quantity: 0 }] })).toEqual(['input.items.0.quantity'])
    expect(await problems({ items: [{ ...one, unitPrice: 5 }] })).toEqual(['input.items.0.unitPrice'])
    expect(await problems({ items: [one], unitPrice: 5, quantity: 1 })).toEqual([
      'input.quantity',
      'input.unitPrice',
    ])
    const six = { ticketTypeId: type, quantity: 6 }
    const gift = await world.ticketType(event, { kind: 'DONATION', price: 1, quota: 20 })
    expect(await problems({ items: [six, { ...six, ticketTypeId: gift }] })).toEqual(['input.items'])
    expect(await problems({ ...six, quantity: 11 })).toEqual(['input.quantity'])
  })
})

describe('guard: the key is claimed once more with the booking', () => {
  it('an attempt that lost its key while it was under way writes no second booking', async () => {
    const type = await world.ticketType(await world.eventOnSale(), { price: 1_000, quota: 5 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 1, idempotencyKey: 'contended' }
    const { deps } = world.subgraph
    const { tickets } = deps
    let overtaken: string | undefined
    deps.tickets = {
      ...tickets,
      async keep(...args) {
        const hold = await tickets.keep(...args)
        if (overtaken === undefined) {
          overtaken = ''
          // A refused attempt gives the key up, and another takes it, just before this one is written.
          await world.db.$executeRaw`DELETE FROM idempotency_keys WHERE key = 'contended'`
          overtaken = await world.book(buyer, input)
        }
        return hold
      },
    }
    try {
      expect(await world.book(buyer, input)).toBe(overtaken)
    } finally {
      deps.tickets = tickets
    }
    expect(await world.db.booking.count({ where: { userId: buyer.id } })).toBe(1)
  })
})

describe('line 34: the same key sent twice at once, of which one attempt is refused', () => {
  /**
   * One attempt takes the last places, and the other is told that there are none, as it is when they are freed in between.
   * @param first which of the two comes to its end first.
   */
  async function twice(in_: World, first: 'refused' | 'booked') {
    const { deps } = in_.subgraph
    const { tickets } = deps
    const type = await in_.ticketType(await in_.eventOnSale(), { price: 1_000, quota: 2 })
    const buyer = person()
    const input = { ticketTypeId: type, quantity: 2, idempotencyKey: 'twice' }
    const { promise: over, resolve: end } = Promise.withResolvers<void>()
    const { promise: met, resolve: meet } = Promise.withResolvers<void>()
    let calls = 0
    deps.tickets = {
      ...tickets,
      async keep(...args) {
        const isRefused = calls++ === 1
        if (calls === 2) meet()
        await met
        const hold = await tickets.keep(...args)
        if (isRefused === (first === 'booked')) await over
        if (isRefused) throw new KarcisError('SOLD_OUT', 'Nothing is left.', { remaining: 0 })
        return hold
      },
    }
    const ask = () => in_.ask(buyer, CREATE, { input })
    const asked = [ask(), ask()]
    await Promise.race(asked)
    end()
    const answers = await Promise.all(asked)
    deps.tickets = tickets
    const outcomes = answers.map(({ code, data }) => code ?? data.createBooking.status)
    return { outcomes, stock: await in_.stock(type), again: () => in_.book(buyer, input) }
  }

  it('without the guard (a refusal is looked for under the lock of the key) they are answered differently', async () => {
    await using mutant = await startWorld()
    await withMutant(
      mutant.subgraph.deps,
      ['"isOwn", refusal FROM', '"isOwn", NULL::jsonb AS refusal FROM'],
      async () =>
        expect(new Set((await twice(mutant, 'refused')).outcomes)).toEqual(new Set(['PENDING', 'SOLD_OUT'])),
    )
  })

  it('both are refused when the refusal comes first, with nothing kept and the key free', async () => {
    const { outcomes, stock, again } = await twice(world, 'refused')
    expect(outcomes).toEqual(['SOLD_OUT', 'SOLD_OUT'])
    expect(stock).toEqual({ sold: 0, held: 0, available: 2 })
    expect(await again()).toBe(await again())
  })

  it('both have the booking when that comes first', async () => {
    const { outcomes, stock } = await twice(world, 'booked')
    expect(outcomes).toEqual(['PENDING', 'PENDING'])
    expect(stock).toEqual({ sold: 0, held: 2, available: 0 })
  })

  it('a payment that is refused for want of money is paid when the same one, sent at once, was', async () => {
    const type = await world.ticketType(await world.eventOnSale(), { price: 600_000, quota: 5 })
    const buyer = await world.buyer()
    const [id, dear] = [
      await world.book(buyer, { ticketTypeId: type, quantity: 1 }),
      await world.book(buyer, { ticketTypeId: type, quantity: 2 }),
    ]
    expect((await world.ask(buyer, PAY, { id: dear, key: 'too dear' })).code).toBe('INSUFFICIENT_BALANCE')
    const answers = await parallel(8, () => world.ask(buyer, PAY, { id, key: 'once' }))
    const outcomes = answers.map(
      (answer) => answer.status === 'fulfilled' && answer.value.data?.confirmPayment?.status,
    )
    expect(new Set(outcomes)).toEqual(new Set(['PAID']))
  })
})
