import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FeeTerms } from '../src/domain/fees/fee.ts'
import { refundBooking } from '../src/domain/refunds/refund-booking.ts'
import { audit, pendingBooking } from './money.ts'
import { dropTriggers } from './mutants.ts'
import { PAY } from './operations.ts'
import { eventOnSale, makePromo } from './promo-operations.ts'
import { type OnSale, startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const admin = person({ role: 'ADMIN' })

const SET_FEES = 'mutation ($input: SetFeesInput!) { setFees(input: $input) { id fees { kind name } } }'
const PRICE = `subtotal discount surcharge totalPrice currency fees { kind name basisPoints amount inclusive }
  items { name quantity discount }`
const QUOTE = `query ($input: QuoteBookingInput!) { quoteBooking(input: $input) { ${PRICE} promos { code discount } } }`
const CREATE = `mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id ${PRICE} } }`

const setFees = (viewer: Viewer, input: Record<string, unknown>) => world.ask(viewer, SET_FEES, { input })

/** 5 % and Rp1.000 a place for the platform, Rp2.500 a place for the organizer, 11 % tax on the price and on the organizer's fee. */
async function sale(price = 100_000, fees = true) {
  const event = await eventOnSale(world)
  const ticketTypeId = await world.ticketType(event, { price, quota: 50 })
  if (fees) {
    const platformFees = [{ name: 'Layanan', basisPoints: 500, perPlace: 1_000, currency: 'IDR' }]
    const organizerFees = [{ name: 'Biaya panitia', perPlace: 2_500, currency: 'IDR' }]
    const taxes = [{ name: 'PPN 11%', basisPoints: 1_100 }]
    const { errors } = await setFees(admin, { eventId: event.eventId, platformFees, organizerFees, taxes })
    expect(errors).toEqual([])
  }
  return { event, ticketTypeId, buyer: await world.buyer() }
}

/** What each account of the ledger holds by the bookings of an event. */
async function accountsOf({ eventId }: OnSale): Promise<Record<string, number>> {
  const rows = await world.db.$queryRaw<{ kind: string; amount: bigint }[]>`
    SELECT a.kind, sum(e.amount)::bigint AS amount FROM bookings b JOIN ledger_transactions t ON t.booking_id = b.id
    JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id
    WHERE b.event_id = ${eventId}::uuid GROUP BY a.kind ORDER BY a.kind`
  return Object.fromEntries(rows.map(({ kind, amount }) => [kind, Number(amount)]))
}

describe('a buyer', () => {
  it('sees every fee before, is charged just that, and gets all of it back', async () => {
    const { event, ticketTypeId, buyer } = await sale()
    await makePromo(world, event.organizer, {
      eventId: event.eventId,
      kind: 'PERCENT',
      percent: 10,
      code: 'HEMAT',
    })
    const shown = await world.ask(
      null,
      `query ($refs: [_Any!]!) { _entities(representations: $refs) {
      ... on Event { fees { kind name basisPoints perPlace currency inclusive taxed } } } }`,
      {
        refs: [{ __typename: 'Event', id: event.eventId }],
      },
    )
    expect(shown.data._entities[0].fees).toEqual([
      {
        kind: 'PLATFORM_FEE',
        name: 'Layanan',
        basisPoints: 500,
        perPlace: 1_000,
        currency: 'IDR',
        inclusive: false,
        taxed: false,
      },
      {
        kind: 'ORGANIZER_FEE',
        name: 'Biaya panitia',
        basisPoints: 0,
        perPlace: 2_500,
        currency: 'IDR',
        inclusive: false,
        taxed: true,
      },
      {
        kind: 'TAX',
        name: 'PPN 11%',
        basisPoints: 1_100,
        perPlace: 0,
        currency: null,
        inclusive: false,
        taxed: false,
      },
    ])

    const input = { ticketTypeId, quantity: 2, promoCode: 'hemat' }
    const { data: quoted, errors } = await world.ask(buyer, QUOTE, { input })
    expect(errors).toEqual([])
    const price = {
      subtotal: 200_000,
      discount: 20_000,
      fees: [
        { kind: 'PLATFORM_FEE', name: 'Layanan', basisPoints: 500, amount: 11_000, inclusive: false },
        { kind: 'ORGANIZER_FEE', name: 'Biaya panitia', basisPoints: 0, amount: 5_000, inclusive: false },
        { kind: 'TAX', name: 'PPN 11%', basisPoints: 1_100, amount: 20_350, inclusive: false }, // of 185,000
      ],
      surcharge: 36_350,
      totalPrice: 216_350,
      currency: 'IDR',
      items: [{ name: 'Regular', quantity: 2, discount: 20_000 }],
    }
    expect(quoted.quoteBooking).toEqual({ ...price, promos: [{ code: 'HEMAT', discount: 20_000 }] })
    expect(await world.stock(ticketTypeId)).toMatchObject({ held: 0 })

    const { data } = await world.ask(buyer, CREATE, { input })
    const { id, ...booked } = data.createBooking
    expect(booked).toEqual(price)
    const paid = await world.ask(buyer, PAY, { id })
    expect(paid.data.confirmPayment).toMatchObject({ status: 'PAID', payment: { amount: 216_350 } })
    expect(await accountsOf(event)).toEqual({
      EVENT_SALES: 185_000,
      EVENT_TAX: 20_350,
      PLATFORM_FEES: 11_000,
      WALLET: -216_350,
    })
    expect(await audit(world.db)).toEqual([])

    await refundBooking(world.subgraph.deps, admin, id, 'Rained off')
    expect(await accountsOf(event)).toEqual({ EVENT_SALES: 0, EVENT_TAX: 0, PLATFORM_FEES: 0, WALLET: 0 })
    expect(await audit(world.db)).toEqual([])
  })

  it('is charged nothing on what is free, and on a donation what is given', async () => {
    const { event, buyer } = await sale()
    const free = await world.ticketType(event, { name: 'Free', kind: 'FREE', price: 0, quota: 10 })
    const gift = await world.ticketType(event, { name: 'Gift', kind: 'DONATION', price: 10_000, quota: 10 })
    const { data: nothing } = await world.ask(buyer, CREATE, { input: { ticketTypeId: free, quantity: 2 } })
    expect(nothing.createBooking).toMatchObject({ fees: [], surcharge: 0, totalPrice: 0 })
    const input = { ticketTypeId: gift, quantity: 1, unitPrice: 40_000 }
    const { data: given } = await world.ask(buyer, CREATE, { input })
    expect(given.createBooking.fees.map((fee: { amount: number }) => fee.amount)).toEqual([
      3_000, 2_500, 4_675,
    ])
    const paid = await world.ask(buyer, PAY, { id: nothing.createBooking.id })
    expect(paid.data.confirmPayment.status).toBe('PAID')
  })

  it('keeps the price of the booking, whatever is charged later', async () => {
    const { event, ticketTypeId, buyer } = await sale()
    const { data } = await world.ask(buyer, CREATE, { input: { ticketTypeId, quantity: 1 } })
    await setFees(admin, { eventId: event.eventId, platformFees: [], organizerFees: [], taxes: [] })
    const paid = await world.ask(buyer, PAY, { id: data.createBooking.id })
    expect(paid.data.confirmPayment.payment.amount).toBe(data.createBooking.totalPrice)
    const { data: next } = await world.ask(buyer, CREATE, { input: { ticketTypeId, quantity: 1 } })
    expect(next.createBooking.totalPrice).toBe(100_000)
  })

  it('is asked for no more than can be paid', async () => {
    const event = await eventOnSale(world)
    const price = Math.floor(Number.MAX_SAFE_INTEGER / 10)
    const ticketTypeId = await world.ticketType(event, { price, quota: 10 })
    await setFees(event.organizer, { eventId: event.eventId, taxes: [{ name: 'PPN', basisPoints: 1_100 }] })
    const input = { ticketTypeId, quantity: 10 }
    const { errors } = await world.ask(await world.buyer(), CREATE, { input })
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.quantity', message: 'costs more in all than can be paid at once' }],
    })
  })
})

describe('fees that are set', () => {
  it('by the organizer: theirs and tax; by an admin: the platform’s too', async () => {
    const event = await eventOnSale(world)
    const { eventId, organizer } = event
    const fee = { name: 'Fee', basisPoints: 100 }
    expect((await setFees(organizer, { eventId, platformFees: [fee] })).code).toBe('FORBIDDEN')
    expect((await setFees(person({ role: 'ORGANIZER' }), { eventId, taxes: [fee] })).code).toBe('FORBIDDEN')
    expect((await setFees(await world.buyer(), { eventId, taxes: [fee] })).code).toBe('FORBIDDEN')
    expect((await world.ask(null, SET_FEES, { input: { eventId } })).code).toBe('UNAUTHENTICATED')
    const set = await setFees(organizer, { eventId, organizerFees: [fee], taxes: [{ ...fee, name: 'PPN' }] })
    expect(set.data.setFees).toEqual({
      id: eventId,
      fees: [
        { kind: 'ORGANIZER_FEE', name: 'Fee' },
        { kind: 'TAX', name: 'PPN' },
      ],
    })
    const more = await setFees(organizer, { eventId, organizerFees: [] })
    expect(more.data.setFees.fees).toEqual([{ kind: 'TAX', name: 'PPN' }])
  })

  it('the platform’s own hold for every event that has none of its own', async () => {
    const { event, ticketTypeId, buyer } = await sale(100_000, false)
    const { eventId, organizer } = event
    const setAll = async (viewer: Viewer, fees: unknown[]) =>
      world.ask(
        viewer,
        'mutation ($input: SetPlatformFeesInput!) { setPlatformFees(input: $input) { name basisPoints } }',
        { input: { fees } },
      )
    const total = async () => {
      const { data } = await world.ask(buyer, CREATE, { input: { ticketTypeId, quantity: 1 } })
      return data.createBooking.totalPrice
    }
    expect(await total()).toBe(100_000)
    expect((await setAll(organizer, [])).code).toBe('FORBIDDEN')
    expect((await world.ask(organizer, '{ platformFees { name } }')).code).toBe('FORBIDDEN')
    const { data } = await setAll(admin, [{ name: 'Layanan', basisPoints: 300 }])
    expect(data.setPlatformFees).toEqual([{ name: 'Layanan', basisPoints: 300 }])
    expect((await world.ask(admin, '{ platformFees { name } }')).data.platformFees).toEqual([
      { name: 'Layanan' },
    ])
    expect(await total()).toBe(103_000)
    await setFees(admin, { eventId, platformFees: [] })
    expect(await total()).toBe(100_000)
    await setFees(admin, { eventId, platformFees: null })
    expect(await total()).toBe(103_000)
    await setAll(admin, [])
    expect(await total()).toBe(100_000)
  })

  it('are refused with the field that is wrong', async () => {
    const { event } = await sale(100_000, false)
    const { eventId, organizer } = event
    const fieldsOf = async (input: Record<string, unknown>) =>
      (await setFees(organizer, { eventId, ...input })).errors[0]?.extensions?.fields
    expect(await fieldsOf({ taxes: [{ name: ' ', basisPoints: 10_001 }] })).toEqual([
      { path: 'input.taxes.0.name', message: 'must not be empty' },
      { path: 'input.taxes.0.basisPoints', message: 'must be from 0 to 10000' },
    ])
    expect(await fieldsOf({ organizerFees: [{ name: 'Fee' }] })).toEqual([
      { path: 'input.organizerFees.0.basisPoints', message: 'or perPlace must be more than 0' },
    ])
    expect(await fieldsOf({ organizerFees: [{ name: 'Fee', perPlace: 10 }] })).toEqual([
      { path: 'input.organizerFees.0.currency', message: 'is needed with perPlace' },
    ])
    expect(await fieldsOf({ organizerFees: [{ name: 'Fee', basisPoints: 1, currency: 'IDR' }] })).toEqual([
      { path: 'input.organizerFees.0.currency', message: 'is for perPlace only' },
    ])
    expect(await fieldsOf({ organizerFees: [{ name: 'Fee', perPlace: 10, currency: 'USD' }] })).toEqual([
      { path: 'input.organizerFees.0.currency', message: 'must be IDR, the currency of the event' },
    ])
    expect(await fieldsOf({ taxes: null })).toEqual([
      { path: 'input.taxes', message: 'cannot be null; leave it out to keep it' },
    ])
    const six = Array.from({ length: 6 }, () => ({ name: 'Fee', basisPoints: 1 }))
    expect(await fieldsOf({ taxes: six })).toEqual([{ path: 'input.taxes', message: 'must be at most 5' }])
  })

  it('at the very moment of a booking are the ones that it is charged; without the comparison of versions it is not', async () => {
    const GUARD = '= new.fees_version ORDER BY new.hold_id'
    const story = async () => {
      const { event, ticketTypeId, buyer } = await sale(100_000, false)
      const input = { input: { ticketTypeId, quantity: 1 } }
      await world.ask(buyer, CREATE, input) // they are known now
      // As by another process, of which this one is told nothing.
      await setFees(event.organizer, { eventId: event.eventId, taxes: [{ name: 'PPN', basisPoints: 1_100 }] })
      return (await world.ask(buyer, CREATE, input)).data.createBooking.totalPrice
    }
    const without = await withMutant(
      world.subgraph.deps,
      [GUARD, GUARD.replace('ORDER', 'OR true ORDER')],
      story,
    )
    expect(without).toBe(100_000)
    expect(await story()).toBe(111_000)
  })

  it('cost a booking no statement where there are none', async () => {
    const { ticketTypeId, buyer } = await sale(100_000, false)
    const create = () => world.ask(buyer, CREATE.replace(PRICE, ''), { input: { ticketTypeId, quantity: 1 } })
    await create()
    const text: string[] = []
    const { db } = world.subgraph.deps
    world.subgraph.deps.db = db.$extends({
      query: {
        $allOperations: ({ args, query, model }) => (
          text.push(`${model} ${JSON.stringify(args)}`), query(args)
        ),
      },
    }) as unknown as typeof db
    await create()
    world.subgraph.deps.db = db
    expect(text.filter((one) => /fee/i.test(one) && !one.includes('INSERT INTO bookings'))).toEqual([])
  })
})

describe('the database', () => {
  const PPN: FeeTerms = {
    kind: 'TAX',
    name: 'PPN',
    basisPoints: 1_100,
    perPlace: 0,
    currency: null,
    inclusive: false,
    taxed: false,
  }

  it('keeps what a booking is charged as it was', async () => {
    const booking = await pendingBooking(world.db, newId(), 100_000, { fees: [PPN] })
    expect(booking).toMatchObject({ surcharge: 11_000, tax: 11_000, platformFees: 0, totalPrice: 111_000 })
    await expect(
      world.db.$executeRaw`UPDATE bookings SET tax = 10_000 WHERE id = ${booking.id}::uuid`,
    ).rejects.toThrow('append only')
    await expect(
      world.db.$executeRaw`UPDATE booking_fees SET amount = 1 WHERE booking_id = ${booking.id}::uuid`,
    ).rejects.toThrow('append only')
    await expect(
      world.db.$executeRaw`DELETE FROM booking_fees WHERE booking_id = ${booking.id}::uuid`,
    ).rejects.toThrow('append only')
  })

  it('takes no line that the booking does not say', async () => {
    const booking = await pendingBooking(world.db, newId(), 100_000)
    const insert = () =>
      transaction(
        world.db,
        (tx) =>
          tx.$executeRaw`INSERT INTO booking_fees (booking_id, position, kind, name, basis_points, per_place, inclusive, taxed, amount)
          VALUES (${booking.id}::uuid, 0, 'TAX', 'PPN', 1100, 0, false, false, 11000)`,
      )
    await expect(insert()).rejects.toThrow('of its fees, its lines')
    await dropTriggers(world.db, 'booking_fees.booking_fees_add_up')
    expect(await insert()).toBe(1)
  })
})
