import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { audit } from './money.ts'
import { CANCEL, CREATE, PAY, REFUND } from './operations.ts'
import { eventOnSale, makePromo, REDEEM, UPDATE_CODE, usedOf } from './promo-operations.ts'
import { type OnSale, startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

const ITEMS = 'items { name unitPrice quantity discount } promos { code discount }'

const redeem = async (viewer: Viewer | null, input: Record<string, unknown>) =>
  world.ask(viewer, REDEEM, { input })

const create = async (viewer: Viewer, input: Record<string, unknown>) =>
  world.ask(
    viewer,
    `mutation ($input: CreateBookingInput!) { createBooking(input: $input) {
    id status subtotal discount totalPrice ${ITEMS} } }`,
    { input },
  )

/** An event with a type at a price, and a buyer. */
async function sale(price = 100_000, currency = 'IDR') {
  const event = await eventOnSale(world, currency)
  const ticketTypeId = await world.ticketType(event, { price, quota: 50 })
  return { event, ticketTypeId, buyer: await world.buyer() }
}

const promo = (event: OnSale, input: Record<string, unknown>) =>
  makePromo(world, event.organizer, { eventId: event.eventId, kind: 'PERCENT', percent: 10, ...input })

describe('a code that is redeemed', () => {
  it('shows what it takes off, to the unit and line by line, and uses nothing up', async () => {
    const event = await eventOnSale(world)
    const adult = await world.ticketType(event, { name: 'Adult', price: 33_333, quota: 10 })
    const child = await world.ticketType(event, { name: 'Child', price: 11_111, quota: 10 })
    const { id } = await promo(event, { code: '  early Bird ', percent: 15 })
    const buyer = await world.buyer()
    const items = [
      { ticketTypeId: adult, quantity: 1 },
      { ticketTypeId: child, quantity: 2 },
    ]
    const { data, errors } = await redeem(buyer, { code: 'EARLY bird', items })
    expect(errors).toEqual([])
    expect(data.redeemPromo).toEqual({
      subtotal: 55_555,
      discount: 8_333, // 8333.25
      totalPrice: 47_222,
      currency: 'IDR',
      items: [
        { name: 'Adult', quantity: 1, discount: 5_000, ticketType: { id: adult } }, // 4999.95
        { name: 'Child', quantity: 2, discount: 3_333, ticketType: { id: child } }, // 3333.3
      ],
      promos: [{ code: 'EARLY BIRD', discount: 8_333 }],
    })
    expect(await usedOf(world, event, id)).toBe(0)
    expect(await world.stock(adult)).toMatchObject({ held: 0 })

    const booked = await create(buyer, { items, promoCode: 'early bird' })
    expect(booked.data.createBooking).toMatchObject({
      subtotal: 55_555,
      discount: 8_333,
      totalPrice: 47_222,
      items: [{ discount: 5_000 }, { discount: 3_333 }],
      promos: [{ code: 'EARLY BIRD', discount: 8_333 }],
    })
    expect(await usedOf(world, event, id)).toBe(1)
    const paid = await world.ask(buyer, PAY, { id: booked.data.createBooking.id })
    expect(paid.data.confirmPayment.payment.amount).toBe(47_222)
    expect(await audit(world.db)).toEqual([])
  })

  it('takes off a fixed amount, at most what the places cost, and makes the cheapest ones free', async () => {
    const { event, ticketTypeId, buyer } = await sale(20_000)
    await promo(event, { code: 'LESS', kind: 'FIXED', percent: null, amount: 50_000, currency: 'IDR' })
    await promo(event, {
      code: '3FOR2',
      kind: 'FREE_ITEM',
      percent: null,
      freeQuantity: 1,
      minimumQuantity: 3,
    })
    const off = async (code: string, quantity: number) => redeem(buyer, { code, ticketTypeId, quantity })
    expect((await off('LESS', 3)).data.redeemPromo.discount).toBe(50_000)
    expect((await off('LESS', 2)).data.redeemPromo).toMatchObject({ discount: 40_000, totalPrice: 0 })
    expect((await off('3FOR2', 3)).data.redeemPromo.discount).toBe(20_000)
    expect((await off('3FOR2', 2)).facts).toMatchObject({ reason: 'MINIMUM_QUANTITY', minimumQuantity: 3 })
  })

  it('in dollars makes it nothing: paid by any method without money moving', async () => {
    const { event, ticketTypeId, buyer } = await sale(1_250, 'USD')
    await promo(event, { code: 'GUEST', percent: 100 })
    const booked = await create(buyer, { ticketTypeId, quantity: 2, promoCode: 'guest' })
    expect(booked.data.createBooking).toMatchObject({ subtotal: 2_500, discount: 2_500, totalPrice: 0 })
    const paid = await world.ask(buyer, PAY, { id: booked.data.createBooking.id })
    expect(paid.data.confirmPayment).toMatchObject({ status: 'PAID', payment: { amount: 0 } })
    expect(paid.data.confirmPayment.tickets).toHaveLength(2)
  })

  it('is refused by its reason', async () => {
    const { event, ticketTypeId, buyer } = await sale(10_000)
    const other = await world.ticketType(event, { name: 'VIP', price: 90_000, quota: 5 })
    const gift = await world.ticketType(event, { name: 'Gift', kind: 'DONATION', price: 1_000, quota: 5 })
    const [past, soon] = [
      new Date(Date.now() - 60_000).toISOString(),
      new Date(Date.now() + 60_000).toISOString(),
    ]
    await promo(event, { code: 'SOON', startsAt: soon })
    await promo(event, { code: 'PAST', endsAt: past })
    await promo(event, { code: 'SPEND', minimumSpend: 50_000, currency: 'IDR' })
    await promo(event, { code: 'VIPS', ticketTypeIds: [other] })
    await promo(event, { code: 'ANY' })
    const { id: off } = await promo(event, { code: 'OFF' })
    await world.ask(event.organizer, UPDATE_CODE, { input: { id: off, active: false } })
    const admin = person({ role: 'ADMIN' })
    await makePromo(world, admin, { code: `USD-${newId()}`, kind: 'FIXED', amount: 100, currency: 'USD' })
    const dollars = `dollars ${newId().slice(-12)}`
    await makePromo(world, admin, { code: dollars, kind: 'FIXED', amount: 100, currency: 'USD' })
    const reason = async (code: string, type = ticketTypeId) =>
      (await redeem(buyer, { code, ticketTypeId: type, quantity: 1 })).facts.reason
    expect(await reason('SOON')).toBe('NOT_STARTED')
    expect(await reason('PAST')).toBe('EXPIRED')
    expect(await reason('SPEND')).toBe('MINIMUM_SPEND')
    expect(await reason('VIPS')).toBe('NOT_APPLICABLE')
    expect(await reason('VIPS', other)).toBeUndefined()
    expect(await reason('ANY', gift)).toBe('NOT_APPLICABLE') // a donation is never made cheaper
    expect(await reason('OFF')).toBe('INACTIVE')
    expect(await reason(dollars)).toBe('WRONG_CURRENCY')
    expect(await reason('NEVER MADE')).toBe('NOT_FOUND')

    const booked = await create(buyer, { ticketTypeId, quantity: 1, promoCode: 'SOON' })
    expect(booked).toMatchObject({
      code: 'PROMO_INVALID',
      facts: { reason: 'NOT_STARTED', promoCode: 'SOON' },
    })
    expect(await world.stock(ticketTypeId)).toMatchObject({ held: 0 }) // refused before a place was taken
  })

  it('goes together with others where all of them allow it, whatever their order', async () => {
    const { event, ticketTypeId, buyer } = await sale(10_000)
    await promo(event, { code: 'A10', combinable: true })
    await promo(event, {
      code: 'B1K',
      kind: 'FIXED',
      percent: null,
      amount: 1_000,
      currency: 'IDR',
      combinable: true,
    })
    await promo(event, { code: 'ALONE' })
    const off = async (...promoCodes: string[]) => create(buyer, { ticketTypeId, quantity: 1, promoCodes })
    const both = [
      { code: 'A10', discount: 1_000 },
      { code: 'B1K', discount: 1_000 },
    ]
    expect((await off('B1K', 'A10')).data.createBooking).toMatchObject({ totalPrice: 8_000, promos: both })
    expect((await off('a10', 'A10')).data.createBooking).toMatchObject({ totalPrice: 9_000 })
    expect((await off('A10', 'ALONE')).facts).toMatchObject({ reason: 'NOT_COMBINABLE', promoCode: 'ALONE' })
    const redeemed = await redeem(buyer, { code: 'A10', combinedWith: ['B1K'], ticketTypeId, quantity: 1 })
    expect(redeemed.data.redeemPromo).toMatchObject({ discount: 2_000, promos: both })
  })

  it('stands for the event before the organizer before the platform', async () => {
    const { event, ticketTypeId, buyer } = await sale(10_000)
    const elsewhere = await sale(10_000)
    const code = `SAME ${newId().slice(-12)}`
    const admin = person({ role: 'ADMIN' })
    await makePromo(world, admin, { code, kind: 'PERCENT', percent: 1 })
    const off = async ({ ticketTypeId: type }: { ticketTypeId: string }) =>
      (await redeem(buyer, { code, ticketTypeId: type, quantity: 1 })).data.redeemPromo.discount
    expect(await off({ ticketTypeId })).toBe(100)
    await makePromo(world, event.organizer, {
      code,
      organizerId: event.organizer.id,
      kind: 'PERCENT',
      percent: 2,
    })
    expect(await off({ ticketTypeId })).toBe(200)
    await promo(event, { code, percent: 3 })
    expect(await off({ ticketTypeId })).toBe(300)
    expect(await off(elsewhere)).toBe(100)
  })
})

describe('a use', () => {
  it('is given back when the booking is cancelled or expires, and spent once it is paid, also when that is refunded', async () => {
    const { event, ticketTypeId, buyer } = await sale(1_000)
    const { id: code } = await promo(event, { code: 'ONCE', maxUses: 1 })
    const book = async () => create(buyer, { ticketTypeId, quantity: 1, promoCode: 'ONCE' })
    const first = (await book()).data.createBooking.id
    expect((await book()).facts).toEqual({ reason: 'USED_UP', promoCode: 'ONCE' })
    await world.ask(buyer, CANCEL, { id: first })
    expect(await usedOf(world, event, code)).toBe(0)

    const second = (await book()).data.createBooking.id
    await world.db.$executeRaw`UPDATE bookings SET expires_at = now() WHERE id = ${second}::uuid`
    await expireBooking(world.subgraph.deps, second)
    expect(await usedOf(world, event, code)).toBe(0)

    const third = (await book()).data.createBooking.id
    await world.ask(buyer, PAY, { id: third })
    await world.ask(person({ role: 'ADMIN' }), REFUND, { id: third, reason: 'ill' })
    expect(await usedOf(world, event, code)).toBe(1)
    expect((await book()).facts.reason).toBe('USED_UP')
    const results = await world.ask(
      event.organizer,
      `query ($id: ID!) { promoCodes(eventId: $id) {
      totalCount edges { node { code results { currency pending paid discount sales } } } } }`,
      { id: event.eventId },
    )
    expect(results.data.promoCodes).toEqual({
      totalCount: 1,
      edges: [
        {
          node: {
            code: 'ONCE',
            results: [{ currency: 'IDR', pending: 0, paid: 1, discount: 100, sales: 0 }],
          },
        },
      ],
    })
  })

  it('is counted for each account', async () => {
    const { event, ticketTypeId, buyer } = await sale(1_000)
    await promo(event, { code: 'MINE', maxUsesPerUser: 1 })
    const book = async (viewer: Viewer) => create(viewer, { ticketTypeId, quantity: 1, promoCode: 'MINE' })
    expect((await book(buyer)).code).toBeUndefined()
    expect((await book(buyer)).facts).toEqual({ reason: 'USER_LIMIT', promoCode: 'MINE', limit: 1 })
    expect((await book(await world.buyer())).code).toBeUndefined()
  })

  it('is one with an idempotency key, which stands for the code too', async () => {
    const { event, ticketTypeId, buyer } = await sale(1_000)
    const { id } = await promo(event, { code: 'KEYED' })
    const input = { ticketTypeId, quantity: 1, promoCode: 'keyed', idempotencyKey: 'k' }
    const twice = await Promise.all([create(buyer, input), create(buyer, input)])
    expect(new Set(twice.map(({ data }) => data.createBooking?.id)).size).toBe(1)
    expect(await usedOf(world, event, id)).toBe(1)
    const again = await create(buyer, { ...input, promoCode: undefined })
    expect(again.code).toBe('IDEMPOTENCY_KEY_REUSED')
  })
})

describe('guessing', () => {
  it('is slowed down by account, and what exists is not counted', async () => {
    const { event, ticketTypeId, buyer } = await sale(1_000)
    await promo(event, { code: 'THERE' })
    const guess = async (code: string, viewer = buyer) => redeem(viewer, { code, ticketTypeId, quantity: 1 })
    for (let n = 0; n < 15; n += 1) expect((await guess('THERE')).code).toBeUndefined()
    for (let n = 0; n < 10; n += 1) expect((await guess(`GUESS ${n}`)).facts.reason).toBe('NOT_FOUND')
    const late = await guess('THERE')
    expect(late.code).toBe('RATE_LIMITED')
    expect(late.facts.retryAfterSeconds).toBeGreaterThan(800)
    const booked = await create(buyer, { ticketTypeId, quantity: 1, promoCode: 'GUESS 11' })
    expect(booked.code).toBe('RATE_LIMITED')
    expect((await create(buyer, { ticketTypeId, quantity: 1 })).code).toBeUndefined() // who has no code is let be
    expect((await guess('THERE', await world.buyer())).code).toBeUndefined()
  })
})

describe('whoever manages codes', () => {
  it('is the organizer of the event, and for the whole platform an admin', async () => {
    const { event, buyer } = await sale()
    const stranger = person({ role: 'ORGANIZER' })
    const make = async (viewer: Viewer, scope: Record<string, unknown>) =>
      world.ask(
        viewer,
        'mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) { id } }',
        {
          input: { code: `C-${newId()}`, kind: 'PERCENT', percent: 5, ...scope },
        },
      )
    const ofEvent = { eventId: event.eventId }
    for (const viewer of [buyer, stranger]) expect((await make(viewer, ofEvent)).code).toBe('FORBIDDEN')
    expect((await make(event.organizer, {})).code).toBe('FORBIDDEN')
    expect((await make(event.organizer, { organizerId: stranger.id })).code).toBe('FORBIDDEN')
    expect((await make(buyer, { organizerId: buyer.id })).code).toBe('FORBIDDEN')
    const { data } = await make(event.organizer, ofEvent)
    const id = data.createPromoCode.id
    const DELETE = 'mutation ($id: ID!) { deletePromoCode(id: $id) { id active } }'
    expect((await world.ask(stranger, UPDATE_CODE, { input: { id, percent: 90 } })).code).toBe('FORBIDDEN')
    expect((await world.ask(stranger, DELETE, { id })).code).toBe('FORBIDDEN')
    const list =
      'query ($id: ID) { promoCodes(eventId: $id) { totalCount } promoCampaigns(eventId: $id) { totalCount } }'
    expect((await world.ask(stranger, list, { id: event.eventId })).code).toBe('FORBIDDEN')
    expect((await world.ask(event.organizer, list, { id: null })).code).toBe('FORBIDDEN')
    const changed = await world.ask(event.organizer, UPDATE_CODE, { input: { id, percent: 90 } })
    expect(changed.data.updatePromoCode).toMatchObject({ id, percent: 90 })
    expect((await world.ask(event.organizer, DELETE, { id })).data.deletePromoCode).toEqual({
      id,
      active: false,
    })
    expect((await world.ask(event.organizer, DELETE, { id })).code).toBe('NOT_FOUND')
  })

  it('is told every wrong field, and of a code that is taken', async () => {
    const { event } = await sale()
    const make = async (input: Record<string, unknown>) =>
      world.ask(
        event.organizer,
        'mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) { id } }',
        {
          input: { eventId: event.eventId, code: 'TAKEN', kind: 'PERCENT', percent: 5, ...input },
        },
      )
    const fields = async (input: Record<string, unknown>) =>
      ((await make(input)).facts.fields as { path: string }[]).map(({ path }) => path.replace('input.', ''))
    expect(await fields({ percent: null })).toEqual(['percent'])
    expect(await fields({ percent: 101, code: 'x\u0007yz' })).toEqual(['percent', 'code'])
    expect(await fields({ amount: 5 })).toEqual(['amount', 'currency'])
    expect(await fields({ minimumSpend: 5, currency: 'USD' })).toEqual(['currency'])
    expect(await fields({ ticketTypeIds: [newId()] })).toEqual(['ticketTypeIds'])
    expect(await fields({ endsAt: '2026-01-01T00:00:00Z', startsAt: '2026-01-02T00:00:00Z' })).toEqual([
      'endsAt',
    ])
    expect((await make({})).code).toBeUndefined()
    expect((await make({ code: 'taken ' })).code).toBe('CONFLICT')
  })

  it('lowers a limit no further than it is used', async () => {
    const { event, ticketTypeId, buyer } = await sale()
    const { id } = await promo(event, { code: 'LOWER', maxUses: 5 })
    for (let n = 0; n < 2; n += 1) await create(buyer, { ticketTypeId, quantity: 1, promoCode: 'LOWER' })
    const update = async (maxUses: number | null) =>
      world.ask(event.organizer, UPDATE_CODE, { input: { id, maxUses } })
    expect((await update(1)).facts.fields).toMatchObject([{ path: 'input.maxUses' }])
    expect((await update(2)).data.updatePromoCode.maxUses).toBe(2)
    expect((await update(null)).data.updatePromoCode.maxUses).toBeNull()
  })

  it('makes a campaign: codes that nobody guesses, each good once, and what came of them', async () => {
    const { event, ticketTypeId, buyer } = await sale(50_000)
    const { data, errors } = await world.ask(
      event.organizer,
      `mutation ($input: CreatePromoCampaignInput!) { createPromoCampaign(input: $input) {
        id count used codes(first: 100) { totalCount edges { node { id code maxUses } } } } }`,
      {
        input: {
          eventId: event.eventId,
          name: 'Press',
          count: 250,
          prefix: 'press',
          kind: 'PERCENT',
          percent: 20,
          maxUsesPerUser: 2,
        },
      },
    )
    expect(errors).toEqual([])
    const campaign = data.createPromoCampaign
    expect(campaign).toMatchObject({ count: 250, used: 0, codes: { totalCount: 250 } })
    const codes: string[] = campaign.codes.edges.map((edge: { node: { code: string } }) => edge.node.code)
    for (const code of codes) expect(code).toMatch(/^PRESS-[0-9A-HJKMNP-TV-Z]{12}$/)

    const book = async (code: string | undefined, viewer = buyer) =>
      create(viewer, { ticketTypeId, quantity: 1, promoCode: code?.toLowerCase() })
    const paid = (await book(codes[0])).data.createBooking
    expect(paid.discount).toBe(10_000)
    await world.ask(buyer, PAY, { id: paid.id })
    expect((await book(codes[0], await world.buyer())).facts.reason).toBe('USED_UP')
    await book(codes[1])
    expect((await book(codes[2])).facts.reason).toBe('USER_LIMIT')
    const listed = await world.ask(
      event.organizer,
      `query ($id: ID!) { promoCampaigns(eventId: $id) {
      edges { node { name used results { currency pending paid discount sales } } } }
      promoCodes(eventId: $id) { totalCount } }`,
      { id: event.eventId },
    )
    expect(listed.data.promoCampaigns.edges[0].node).toEqual({
      name: 'Press',
      used: 2,
      results: [{ currency: 'IDR', pending: 1, paid: 1, discount: 10_000, sales: 40_000 }],
    })
    expect(listed.data.promoCodes.totalCount).toBe(0)

    const node = campaign.codes.edges[5].node
    const terms = await world.ask(event.organizer, UPDATE_CODE, { input: { id: node.id, percent: 90 } })
    expect(terms.code).toBe('BAD_USER_INPUT')
    await world.ask(event.organizer, UPDATE_CODE, { input: { id: node.id, active: false } })
    expect((await book(node.code, await world.buyer())).facts.reason).toBe('INACTIVE')
    await world.ask(
      event.organizer,
      'mutation ($input: UpdatePromoCampaignInput!) { updatePromoCampaign(input: $input) { active } }',
      { input: { id: campaign.id, active: false } },
    )
    expect((await book(codes[9], await world.buyer())).facts.reason).toBe('INACTIVE')
  })

  it('takes a code away, and what was booked with it keeps its price', async () => {
    const { event, ticketTypeId, buyer } = await sale(1_000)
    const { id } = await promo(event, { code: 'GONE' })
    const booked = (await create(buyer, { ticketTypeId, quantity: 1, promoCode: 'GONE' })).data.createBooking
    await world.ask(event.organizer, 'mutation ($id: ID!) { deletePromoCode(id: $id) { id } }', { id })
    expect((await redeem(buyer, { code: 'GONE', ticketTypeId, quantity: 1 })).facts.reason).toBe('NOT_FOUND')
    const paid = await world.ask(buyer, PAY, { id: booked.id })
    expect(paid.data.confirmPayment).toMatchObject({ status: 'PAID', discount: 100, totalPrice: 900 })
    await promo(event, { code: 'GONE', percent: 50 }) // its name is free
    expect(
      (await world.ask(buyer, CREATE, { input: { ticketTypeId, quantity: 1, promoCode: 'GONE' } })).data
        .createBooking.discount,
    ).toBe(500)
  })
})
