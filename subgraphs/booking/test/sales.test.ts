import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { foldSales } from '../src/domain/sales/fold-sales.ts'
import { shopper } from './cart-operations.ts'
import { CANCEL, PAY, REFUND } from './operations.ts'
import { eventOnSale, makePromo } from './promo-operations.ts'
import { providerKit } from './provider-kits.ts'
import { type ProviderShop, startShop } from './provider-shop.ts'
import { REQUEST, setPolicy, tellOf } from './refund-stories.ts'
import { MY_SALES, SALES, SALES_CHANGED, salesProblems, totals } from './sales-operations.ts'
import { type OnSale, startWorld, toldOf, type World } from './world.ts'

let shop: ProviderShop<World>
let world: World

beforeAll(async () => {
  shop = await startShop(providerKit('MIDTRANS'), (settings) => startWorld({}, settings))
  world = shop.booking
})

afterAll(() => shop[Symbol.asyncDispose]())

const admin = person({ role: 'ADMIN' })

const fold = () => foldSales(world.subgraph.deps)

const reportOf = async ({ eventId, organizer }: OnSale) => {
  const { data, errors } = await world.ask(organizer, SALES, { eventId })
  expect(errors).toEqual([])
  return data.salesReport
}

/** An event with tickets of all kinds, and a code that makes them cheaper by a tenth. */
async function sale() {
  const event = await eventOnSale(world)
  const type = (name: string, kind: string, price: number) =>
    world.ticketType(event, { name, kind, price, quota: 20 })
  const [paid, free, donation] = [
    await type('Regular', 'PAID', 10_000),
    await type('Open day', 'FREE', 0),
    await type('Friends', 'DONATION', 5_000),
  ]
  await makePromo(world, event.organizer, {
    eventId: event.eventId,
    code: 'TENTH',
    kind: 'PERCENT',
    percent: 10,
  })
  return { event, paid, free, donation }
}

type Sale = Awaited<ReturnType<typeof sale>>

const book = async (input: object) => {
  const buyer = await world.buyer()
  return { buyer, id: await world.book(buyer, { ...input }) }
}

const pay = async (input: object): Promise<{ buyer: Viewer; id: string }> => {
  const booked = await book(input)
  expect((await world.ask(booked.buyer, PAY, { id: booked.id })).data.confirmPayment.status).toBe('PAID')
  return booked
}

const runOut = (id: string) =>
  world.db.$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() WHERE id = ${id}::uuid`

const refund = (id: string) => world.ask(admin, REFUND, { id, reason: 'Called off.' })

/** Starts a payment at Midtrans. @returns its order. */
async function startOutside(buyer: Viewer, id: string): Promise<string> {
  const start = `mutation ($id: ID!) { confirmPayment(id: $id, input: { method: MIDTRANS }) { payment { id } } }`
  return (await world.ask(buyer, start, { id })).data.confirmPayment.payment.id
}

const becomes = (id: string, status: string) =>
  eventually(async () => expect((await world.db.booking.findUnique({ where: { id } }))?.status).toBe(status))

interface Case {
  name: string
  happens(sale: Sale): Promise<unknown>
  counts: Record<string, unknown>
  /** By method; left out: all by wallet. */
  method?: string | null
}

const NOTHING = { currency: null }

/** The platform's five percent, and eleven percent of tax on the price, both added to it. */
const charge = async ({ eventId }: OnSale) => {
  const { errors } = await world.ask(
    admin,
    'mutation ($input: SetFeesInput!) { setFees(input: $input) { id } }',
    {
      input: {
        eventId,
        platformFees: [{ name: 'Service', basisPoints: 500, inclusive: false }],
        taxes: [{ name: 'PPN', basisPoints: 1_100, inclusive: false }],
      },
    },
  )
  expect(errors).toEqual([])
}

/** What that comes to for 20,000. */
const CHARGED = { surcharge: 3_200, platformFees: 1_000, tax: 2_200 }

const CASES: Case[] = [
  {
    name: 'waits for payment',
    happens: ({ paid }) => book({ ticketTypeId: paid, quantity: 2 }),
    counts: NOTHING,
  },
  {
    name: 'was not paid in time',
    async happens({ paid }) {
      const { id } = await book({ ticketTypeId: paid, quantity: 2 })
      await runOut(id)
      await expireBooking(world.subgraph.deps, id)
    },
    counts: NOTHING,
  },
  {
    name: 'was given up',
    async happens({ paid }) {
      const { id, buyer } = await book({ ticketTypeId: paid, quantity: 2 })
      await world.ask(buyer, CANCEL, { id })
    },
    counts: NOTHING,
  },
  {
    name: 'was paid',
    happens: ({ paid }) => pay({ ticketTypeId: paid, quantity: 2 }),
    counts: { bookings: 1, tickets: 2, gross: 20_000, net: 20_000 },
  },
  {
    name: 'costs nothing and was confirmed',
    happens: ({ free }) => pay({ ticketTypeId: free, quantity: 3 }),
    counts: { bookings: 1, tickets: 3 },
    method: null,
  },
  {
    name: 'was paid with what the buyer wants to give',
    happens: ({ donation }) => pay({ ticketTypeId: donation, quantity: 2, unitPrice: 7_500 }),
    counts: { bookings: 1, tickets: 2, gross: 15_000, net: 15_000 },
  },
  {
    name: 'was made cheaper by a code',
    happens: ({ paid }) => pay({ ticketTypeId: paid, quantity: 3, promoCode: 'TENTH' }),
    counts: { bookings: 1, tickets: 3, gross: 30_000, discount: 3_000, net: 27_000 },
  },
  {
    name: 'was paid outside',
    async happens({ paid }) {
      const { buyer, id } = await book({ ticketTypeId: paid, quantity: 1 })
      shop.pay(await startOutside(buyer, id))
      await becomes(id, 'PAID')
    },
    counts: { bookings: 1, tickets: 1, gross: 10_000, net: 10_000 },
    method: 'MIDTRANS',
  },
  {
    name: 'was paid too late, and has its tickets',
    async happens({ paid }) {
      const { buyer, id } = await book({ ticketTypeId: paid, quantity: 1 })
      const order = await startOutside(buyer, id)
      await runOut(id)
      await expireBooking(world.subgraph.deps, id)
      shop.pay(order)
      await becomes(id, 'PAID')
    },
    counts: { bookings: 1, tickets: 1, gross: 10_000, net: 10_000 },
    method: 'MIDTRANS',
  },
  {
    name: 'was given up, then paid outside all the same, which goes back',
    async happens({ paid }) {
      const { buyer, id } = await book({ ticketTypeId: paid, quantity: 1, promoCode: 'TENTH' })
      const order = await startOutside(buyer, id)
      await runOut(id)
      await expireBooking(world.subgraph.deps, id)
      shop.kit.payLate(shop.standIn, order)
      await eventually(async () =>
        expect(await world.db.payment.findMany({ where: { bookingId: id } })).toMatchObject([
          { status: 'REFUNDED' },
        ]),
      )
    },
    counts: NOTHING,
  },
  {
    name: 'was charged fees and tax',
    async happens({ event, paid }) {
      await charge(event)
      await pay({ ticketTypeId: paid, quantity: 2 })
    },
    counts: { bookings: 1, tickets: 2, gross: 20_000, ...CHARGED, net: 20_000 },
  },
  {
    name: 'was charged fees and tax, and refunded',
    async happens({ event, paid }) {
      await charge(event)
      await refund((await pay({ ticketTypeId: paid, quantity: 2 })).id)
    },
    counts: {
      bookings: 1,
      refundedBookings: 1,
      tickets: 2,
      refundedTickets: 2,
      gross: 20_000,
      surcharge: CHARGED.surcharge,
      refunded: 20_000 + CHARGED.surcharge,
    },
  },
  {
    name: 'was refunded',
    async happens({ paid }) {
      await refund((await pay({ ticketTypeId: paid, quantity: 2, promoCode: 'TENTH' })).id)
    },
    counts: {
      bookings: 1,
      refundedBookings: 1,
      tickets: 2,
      refundedTickets: 2,
      gross: 20_000,
      discount: 2_000,
      refunded: 18_000,
    },
  },
  {
    name: 'cost nothing and was refunded',
    async happens({ free }) {
      await refund((await pay({ ticketTypeId: free, quantity: 2 })).id)
    },
    counts: { bookings: 1, refundedBookings: 1, tickets: 2, refundedTickets: 2 },
    method: null,
  },
]

describe('a booking that', () => {
  it.for(CASES)('$name counts as what it is', async ({ happens, counts, method = 'WALLET' }) => {
    const made = await sale()
    await happens(made)
    const wanted = totals(counts)
    const before = await reportOf(made.event) // nothing of it is in the sums yet, most likely
    expect(before.totals).toEqual(wanted)
    const parts = counts === NOTHING ? [] : [{ totals: wanted }]
    expect(before.byDay).toMatchObject(parts)
    const { surcharge, refunded } = wanted
    const price = { surcharge: 0, platformFees: 0, tax: 0, refunded: Math.max(0, refunded - surcharge) }
    expect(before.byTicketType).toMatchObject(parts.map(() => ({ totals: { ...wanted, ...price } })))
    expect(before.byMethod).toEqual(parts.map((part) => ({ method, ...part })))
    await fold()
    expect(await reportOf(made.event)).toEqual(before)
    expect(await salesProblems(world.db)).toEqual([])
  })
})

describe('tickets that are given back one by one', () => {
  const named = (report: { byTicketType: { name: string; totals: object }[] }, name: string) =>
    report.byTicketType.find((type) => type.name === name)?.totals

  it('count as given back, by their type, with the price, fees and tax of each', async () => {
    const { event, paid, free } = await sale()
    await charge(event)
    await tellOf(world, event)
    await setPolicy(world, event, { feesKept: false })
    const items = [
      { ticketTypeId: free, quantity: 1 },
      { ticketTypeId: paid, quantity: 2 },
    ]
    const { buyer, id } = await pay({ items })
    const { data } = await world.ask(buyer, 'query ($id: ID!) { booking(id: $id) { tickets { id } } }', {
      id,
    })
    const [open, first, second] = data.booking.tickets.map((ticket: { id: string }) => ticket.id)
    const giveBack = async (...ticketIds: string[]) => {
      const { errors } = await world.ask(buyer, REQUEST, {
        input: { bookingId: id, ticketIds, reason: 'Ill.' },
      })
      expect(errors).toEqual([])
      const before = await reportOf(event)
      await fold()
      expect(await reportOf(event)).toEqual(before)
      expect(await salesProblems(world.db)).toEqual([])
      return before
    }
    const sold = { bookings: 1, tickets: 3, gross: 20_000, surcharge: CHARGED.surcharge }

    const afterFree = await giveBack(open)
    expect(afterFree.totals).toEqual(totals({ ...sold, ...CHARGED, refundedTickets: 1, net: 20_000 }))
    expect(named(afterFree, 'Open day')).toMatchObject({ tickets: 1, refundedTickets: 1, refunded: 0 })

    const afterFirst = await giveBack(first)
    const half = { platformFees: 500, tax: 1_100, refunded: 11_600, refundedTickets: 2, net: 10_000 }
    expect(afterFirst.totals).toEqual(totals({ ...sold, ...half }))
    expect(named(afterFirst, 'Regular')).toMatchObject({
      tickets: 2,
      refundedTickets: 1,
      refunded: 10_000,
      net: 10_000,
    })
    expect(afterFirst.byMethod).toMatchObject([
      { method: 'WALLET', totals: { refundedTickets: 2, refunded: 11_600 } },
    ])

    const afterAll = await giveBack(second)
    const whole = { refundedBookings: 1, refundedTickets: 3, refunded: 23_200, net: 0 }
    expect(afterAll.totals).toEqual(totals({ ...sold, ...whole }))
    expect(named(afterAll, 'Regular')).toMatchObject({
      refundedBookings: 1,
      refundedTickets: 2,
      refunded: 20_000,
      net: 0,
    })
    expect(named(afterAll, 'Open day')).toMatchObject({ refundedBookings: 1, refundedTickets: 1 })
  })

  it('of which only a part goes back, and the rest when all of it does', async () => {
    const { event, paid } = await sale()
    await charge(event)
    await tellOf(world, event)
    await setPolicy(world, event, { tiers: [{ hoursBeforeStart: 0, percent: 50 }], feesKept: true })
    const { buyer, id } = await pay({ ticketTypeId: paid, quantity: 2, promoCode: 'TENTH' })
    const { data } = await world.ask(buyer, 'query ($id: ID!) { booking(id: $id) { tickets { id } } }', {
      id,
    })
    const input = { bookingId: id, ticketIds: [data.booking.tickets[0].id], reason: 'Ill.' }
    await world.ask(buyer, REQUEST, { input })
    const part = await reportOf(event)
    // Half of 9,000 with its tax, in proportion; fees, and tax on them, are kept.
    const asked = await world.db.refundItem.findMany({ where: { ticketId: input.ticketIds[0] ?? '' } })
    expect(asked).toMatchObject([{ amount: 4_995n, price: 4_500n }])
    expect(part.totals).toMatchObject({ tickets: 2, refundedTickets: 1, refunded: 4_995, discount: 2_000 })
    expect(part.byTicketType).toMatchObject([{ totals: { refundedTickets: 1, refunded: 4_500 } }])
    expect(part.byPromoCode).toMatchObject([{ totals: { refundedTickets: 1, refunded: 4_995 } }])
    await fold()
    await refund(id)
    const whole = await reportOf(event)
    expect(whole.totals).toMatchObject({
      refundedBookings: 1,
      refundedTickets: 2,
      platformFees: 0,
      tax: 0,
      net: 0,
    })
    expect(whole.byTicketType).toMatchObject([{ totals: { refundedTickets: 2, refunded: 18_000, net: 0 } }])
    await fold()
    expect(await reportOf(event)).toEqual(whole)
    expect(await salesProblems(world.db)).toEqual([])
  })
})

it('bookings of one checkout count each for its own event, by the method that paid them all', async () => {
  const [one, other] = [await sale(), await sale()]
  const buyer = await world.buyer()
  const { add, checkout } = shopper(world, buyer)
  await add({ ticketTypeId: one.paid, quantity: 2 })
  await add({ ticketTypeId: other.paid, quantity: 1 })
  const { data } = await checkout(30_000)
  const [{ id }] = data.checkout
  shop.pay(await startOutside(buyer, id))
  await becomes(id, 'PAID')
  for (const [{ event }, tickets] of [
    [one, 2],
    [other, 1],
  ] as const) {
    const sold = totals({ bookings: 1, tickets, gross: tickets * 10_000, net: tickets * 10_000 })
    expect(await reportOf(event)).toMatchObject({
      totals: sold,
      byMethod: [{ method: 'MIDTRANS', totals: sold }],
    })
  }
  await refund(id)
  const reports = [await reportOf(one.event), await reportOf(other.event)]
  expect(reports.map(({ byMethod }) => byMethod[0].totals.net).toSorted()).toEqual([0, expect.any(Number)])
  await fold()
  expect([await reportOf(one.event), await reportOf(other.event)]).toEqual(reports)
  expect(await salesProblems(world.db)).toEqual([])
})

describe('a sales report', () => {
  it('adds up what was sold by type, code, method and day of the event’s own time zone', async () => {
    const { event, paid, free } = await sale()
    // 23:50 and 00:05 in Jakarta are both the 1st of March in UTC.
    await world.db.$executeRaw`CREATE FUNCTION move_to_march() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.changed_at := CASE NEW.kind WHEN 'SALE' THEN '2026-03-01T16:50:00Z' ELSE '2026-03-01T17:05:00Z' END;
        RETURN NEW;
      END $$`
    await world.db
      .$executeRaw`CREATE TRIGGER move_to_march BEFORE INSERT ON sale_changes FOR EACH ROW EXECUTE FUNCTION move_to_march()`
    await pay({
      items: [
        { ticketTypeId: paid, quantity: 2 },
        { ticketTypeId: free, quantity: 1 },
      ],
      promoCode: 'TENTH',
    })
    await pay({ ticketTypeId: free, quantity: 1 })
    const { id } = await pay({ ticketTypeId: paid, quantity: 1 })
    await refund(id)
    await world.db.$executeRaw`DROP FUNCTION move_to_march CASCADE`
    const report = await reportOf(event)
    expect(report).toMatchObject({
      timezone: 'Asia/Jakarta',
      totals: totals({
        bookings: 3,
        refundedBookings: 1,
        tickets: 5,
        refundedTickets: 1,
        gross: 30_000,
        discount: 2_000,
        refunded: 10_000,
        net: 18_000,
      }),
      byDay: [
        { day: '2026-03-01', totals: { bookings: 3, tickets: 5, gross: 30_000, refunded: 0 } },
        { day: '2026-03-02', totals: { bookings: 0, refundedBookings: 1, refunded: 10_000 } },
      ],
      byPromoCode: [{ code: 'TENTH', totals: { bookings: 1, tickets: 3, gross: 20_000, discount: 2_000 } }],
      byMethod: [
        { method: null, totals: { bookings: 1, tickets: 1, gross: 0 } },
        { method: 'WALLET', totals: { bookings: 2, tickets: 4, refunded: 10_000 } },
      ],
    })
    const types = report.byTicketType.toSorted((a: { name: string }, b: { name: string }) =>
      a.name.localeCompare(b.name),
    )
    expect(types).toMatchObject([
      { name: 'Open day', totals: { bookings: 2, tickets: 2, gross: 0 } },
      {
        name: 'Regular',
        totals: { bookings: 2, tickets: 3, gross: 30_000, refunded: 10_000, discount: 2_000 },
      },
    ])
  })

  it('is for the event’s organizer and admins; of an event that sold nothing it is of nothing', async () => {
    const event = await eventOnSale(world)
    const read = (viewer: Viewer | null, eventId = event.eventId) => world.ask(viewer, SALES, { eventId })
    expect((await read(event.organizer)).data.salesReport).toEqual({
      timezone: 'Asia/Jakarta',
      totals: totals(NOTHING),
      byDay: [],
      byMethod: [],
      byTicketType: [],
      byPromoCode: [],
    })
    expect((await read(admin)).code).toBeUndefined()
    expect((await read(null)).code).toBe('UNAUTHENTICATED')
    for (const viewer of [person(), person({ role: 'ORGANIZER' })])
      expect((await read(viewer)).code).toBe('FORBIDDEN')
    expect((await read(event.organizer, newId())).code).toBe('FORBIDDEN')
    expect((await read(admin, 'nonsense')).code).toBe('BAD_USER_INPUT')
  })

  it('of an event stands with it, for those same people; null for others', async () => {
    const { event, paid } = await sale()
    await pay({ ticketTypeId: paid, quantity: 2 })
    const query =
      'query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Event { id sales { net } } } }'
    const refs = [{ __typename: 'Event', id: event.eventId }]
    const read = async (viewer: Viewer | null) => (await world.ask(viewer, query, { refs })).data._entities[0]
    for (const viewer of [event.organizer, admin])
      expect(await read(viewer)).toEqual({ id: event.eventId, sales: { net: 20_000 } })
    for (const viewer of [null, person(), person({ role: 'ORGANIZER' })])
      expect(await read(viewer)).toEqual({ id: event.eventId, sales: null })
  })
})

describe('my sales', () => {
  it('are those of all my events, page by page, and together by currency', async () => {
    const first = await sale()
    const { organizer } = first.event
    const later = { eventId: newId(), organizer }
    const none = { eventId: newId(), organizer }
    for (const event of [later, none])
      await tell(world.subgraph, 'event', {
        type: 'event.changed',
        aggregateId: event.eventId,
        payload: toldOf(event, 'IDR'),
      })
    await pay({ ticketTypeId: first.paid, quantity: 2 })
    await fold()
    await pay({ ticketTypeId: first.paid, quantity: 1, promoCode: 'TENTH' })
    const read = async (variables: object) =>
      (await world.ask(organizer, MY_SALES, { ...variables })).data.mySales
    const page = await read({ first: 2 })
    expect(page).toMatchObject({
      totalCount: 3,
      totals: [totals({ bookings: 2, tickets: 3, gross: 30_000, discount: 1_000, net: 29_000 })],
      edges: [{ node: { event: { id: none.eventId } } }, { node: { event: { id: later.eventId } } }],
    })
    expect(page.edges[0].node.totals).toEqual(totals(NOTHING))
    expect((await read({ first: 2, after: page.pageInfo.endCursor })).edges).toMatchObject([
      { node: { event: { id: first.event.eventId }, totals: { net: 29_000 } } },
    ])
    expect((await world.ask(person(), MY_SALES, {})).data.mySales).toMatchObject({
      totalCount: 0,
      totals: [],
    })
    expect((await world.ask(null, MY_SALES, {})).code).toBe('UNAUTHENTICATED')
  })
})

describe('whoever watches the sales of an event', () => {
  it('is told how they are, and then of many at once, not of each; without Redis too', async () => {
    const { event, paid } = await sale()
    const next = await world.watch(event.organizer, SALES_CHANGED, { eventId: event.eventId })
    expect((await next()).data?.salesChanged.totals).toEqual(totals(NOTHING))
    const began = performance.now()
    await Promise.all(Array.from({ length: 8 }, () => pay({ ticketTypeId: paid, quantity: 1 })))
    let told = 0
    for (let tickets = 0; tickets < 8; told += 1) tickets = (await next()).data?.salesChanged.totals.tickets
    expect(told).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1_000))
    await fold() // changes nothing that was sold
    await pay({ ticketTypeId: paid, quantity: 1 })
    expect((await next()).data?.salesChanged.totals).toEqual(
      totals({ bookings: 9, tickets: 9, gross: 90_000, net: 90_000 }),
    )
  })

  it('must organize it', async () => {
    const event = await eventOnSale(world)
    for (const [viewer, code] of [
      [null, 'UNAUTHENTICATED'],
      [person({ role: 'ORGANIZER' }), 'FORBIDDEN'],
    ] as const) {
      const next = await world.watch(viewer, SALES_CHANGED, { eventId: event.eventId })
      expect((await next()).code).toBe(code)
    }
  })
})
