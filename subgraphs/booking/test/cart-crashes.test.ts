import { ServiceUnavailable } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { mutantOf } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { letHoldsLapse, shopper } from './cart-operations.ts'
import { audit } from './money.ts'
import { PAY } from './operations.ts'
import { startWorld, type World } from './world.ts'

let world: World

beforeAll(async () => {
  world = await startWorld()
})

afterAll(() => world[Symbol.asyncDispose]())

/** Somebody with two types of one event and one of another in their cart: 2 + 1 + 1 places for 400 000. */
async function withCart() {
  const buyer = shopper(world, await world.buyer())
  const [concert, play] = [await world.eventOnSale(), await world.eventOnSale()]
  const types = [
    await world.ticketType(concert, { price: 100_000, quota: 10 }),
    await world.ticketType(concert, { price: 100_000, quota: 10 }),
    await world.ticketType(play, { price: 100_000, quota: 10 }),
  ]
  for (const [at, ticketTypeId] of types.entries())
    await buyer.add({ ticketTypeId, quantity: at === 0 ? 2 : 1 })
  const held = async () => {
    const stocks = await Promise.all(types.map((id) => world.stock(id)))
    return stocks.map((stock) => stock.held)
  }
  const bookings = () => world.db.booking.findMany({ where: { userId: buyer.viewer.id } })
  return { ...buyer, events: [concert, play], types, held, bookings }
}

type Call = 'keepHolds' | 'reserve' | 'resize' | 'release' | 'kept'

/** As if this process died around the n-th call of ticket, of which the answer is lost: done, or not. */
function dieAt(call: Call, nth: number, when: 'before' | 'after'): () => void {
  const { deps } = world.subgraph
  const { tickets } = deps
  let calls = 0
  const dying = async (...args: unknown[]) => {
    calls += 1
    if (calls === nth && when === 'before') throw new ServiceUnavailable()
    const answer = await (tickets[call] as (...all: unknown[]) => Promise<unknown>)(...args)
    if (calls === nth) throw new ServiceUnavailable()
    return answer
  }
  deps.tickets = { ...tickets, [call]: dying }
  return () => {
    deps.tickets = tickets
  }
}

/** As if it died before the transaction that writes the bookings had committed. */
function dieInWriting(): () => void {
  const { deps } = world.subgraph
  const { db } = deps
  deps.db = mutantOf(db, 'INSERT INTO checkouts (id,', 'INSERT INTO gone (id,').db
  return () => {
    deps.db = db
  }
}

describe('a checkout that breaks off', () => {
  const POINTS = [
    ['before the first booking is bound', () => dieAt('keepHolds', 1, 'before')],
    ['after the first booking is bound', () => dieAt('keepHolds', 1, 'after')],
    ['before the second is bound', () => dieAt('keepHolds', 2, 'before')],
    ['after the second is bound', () => dieAt('keepHolds', 2, 'after')],
    ['while it is written', dieInWriting],
  ] as const

  it.for(POINTS)('%s goes on with the same key', async ([, die]) => {
    const buyer = await withCart()
    const revive = die()
    expect((await buyer.checkout(400_000, 'k')).errors).not.toEqual([])
    revive()
    expect(await buyer.bookings()).toEqual([])
    expect(await buyer.cart()).toMatchObject({ totalPrice: 400_000 })
    const { data } = await buyer.checkout(400_000, 'k')
    expect(data.checkout).toHaveLength(2)
    expect(await buyer.held()).toEqual([2, 1, 1])
    expect((await buyer.checkout(400_000, 'k')).data.checkout).toEqual(data.checkout)
    expect((await buyer.checkout(5, 'k')).code).toBe('IDEMPOTENCY_KEY_REUSED')
  })

  it.for(POINTS)('%s goes on from another device', async ([, die]) => {
    const buyer = await withCart()
    const revive = die()
    await buyer.checkout(400_000, 'k')
    revive()
    const { data } = await buyer.checkout(400_000, 'other')
    expect(data.checkout).toHaveLength(2)
    expect((await buyer.checkout(400_000, 'k')).data.checkout).toEqual(data.checkout)
    expect(await buyer.held()).toEqual([2, 1, 1])
  })

  it.for(POINTS)('%s is given up by a change of the cart, which keeps all else', async ([, die]) => {
    const buyer = await withCart()
    const [first] = await buyer.itemsOf()
    const revive = die()
    await buyer.checkout(400_000, 'k')
    revive()
    await buyer.remove(first?.id ?? '')
    expect(await buyer.held()).toEqual([0, 1, 1])
    expect(await buyer.itemsOf()).toMatchObject([
      { reservedUntil: expect.any(String) },
      { reservedUntil: expect.any(String) },
    ])
    expect((await buyer.checkout(200_000, 'k2')).data.checkout).toHaveLength(2)
    expect(await buyer.held()).toEqual([0, 1, 1])
  })
})

describe('an item whose reservation breaks off', () => {
  it.for(['before', 'after'] as const)('%s ticket has made it is reserved by the next try', async (when) => {
    const buyer = shopper(world, await world.buyer())
    const event = await world.eventOnSale()
    const ticketTypeId = await world.ticketType(event, { price: 1_000, quota: 10 })
    const revive = dieAt('reserve', 1, when)
    const input = { ticketTypeId, quantity: 3, idempotencyKey: 'k' }
    await expect(buyer.add(input)).rejects.toThrow('SERVICE_UNAVAILABLE')
    revive()
    const cart = await buyer.add(input)
    expect(cart.totalPrice).toBe(3_000)
    expect(await world.stock(ticketTypeId)).toMatchObject({ held: 3 })
  })

  it('is shown when it was made all the same, also on another device', async () => {
    const buyer = shopper(world, await world.buyer())
    const event = await world.eventOnSale()
    const ticketTypeId = await world.ticketType(event, { price: 1_000, quota: 10 })
    const revive = dieAt('reserve', 1, 'after')
    await expect(buyer.add({ ticketTypeId, quantity: 3 })).rejects.toThrow('SERVICE_UNAVAILABLE')
    revive()
    expect(await buyer.itemsOf()).toMatchObject([{ quantity: 3, reservedUntil: expect.any(String) }])
    expect((await buyer.checkout(3_000)).data.checkout).toHaveLength(1)
  })
})

describe('checkouts at once', () => {
  it('with one key, or several, are one checkout', async () => {
    const buyer = await withCart()
    const answers = await parallel(8, (n) => buyer.checkout(400_000, `key ${n % 3}`))
    const ids = answers.map((answer) =>
      answer.status === 'fulfilled'
        ? (answer.value.data.checkout ?? []).map(({ id }: { id: string }) => id).join()
        : 'failed',
    )
    const [first] = (await buyer.bookings()).map(({ checkoutId }) => checkoutId)
    expect(await buyer.bookings()).toHaveLength(2)
    expect(await world.db.checkout.count({ where: { userId: buyer.viewer.id } })).toBe(1)
    expect(first).not.toBeNull()
    // Whoever is not given it has come when the cart was empty.
    expect(new Set(ids.filter((id) => id !== '')).size).toBe(1)
    expect(await buyer.held()).toEqual([2, 1, 1])
  })

  it('and changes of the cart end in what the cart or the bookings say, and nothing else is held', async () => {
    for (let round = 0; round < 4; round += 1) {
      const buyer = await withCart()
      const [first] = await buyer.itemsOf()
      await Promise.allSettled([
        buyer.checkout(400_000, 'k'),
        buyer.remove(first?.id ?? ''),
        buyer.checkout(400_000, 'k'),
      ])
      const items = await buyer.itemsOf()
      const booked = await buyer.bookings()
      expect(booked.length === 0 || items.length === 0).toBe(true)
      const held = (await buyer.held()).reduce((sum, n) => sum + n, 0)
      const reserved = items
        .filter(({ reservedUntil }) => reservedUntil !== null)
        .reduce((sum, { quantity }) => sum + quantity, 0)
      expect(held).toBe(booked.length > 0 ? 4 : reserved)
    }
  })

  it('race with the end of the reservations, and the places are held once', async () => {
    const buyer = await withCart()
    const [answer] = await Promise.all([buyer.checkout(400_000, 'k'), letHoldsLapse(world)])
    if (!answer.data.checkout) expect((await buyer.checkout(400_000, 'k')).data.checkout).toHaveLength(2)
    expect(await buyer.held()).toEqual([2, 1, 1])
  })
})

describe('guard cart_items_one_per_type, and the lock of the cart', () => {
  const addTwelve = async () => {
    const buyer = shopper(world, await world.buyer())
    const event = await world.eventOnSale()
    const ticketTypeId = await world.ticketType(event, { price: 1_000, quota: 20 })
    await buyer.cart()
    await world.db.cart.create({ data: { userId: buyer.viewer.id } })
    await parallel(8, () => buyer.add({ ticketTypeId, quantity: 1, idempotencyKey: newId() }))
    return world.db.cartItem.count({ where: { userId: buyer.viewer.id } })
  }

  it('with them a type is in a cart once', async () => {
    expect(await addTwelve()).toBe(1)
  })

  it('without them several times', async () => {
    const { deps } = world.subgraph
    const { db } = deps
    await db.$executeRaw`DROP INDEX cart_items_one_per_type`
    deps.db = mutantOf(db, 'DO UPDATE SET updated_at = now() RETURNING plan', 'DO NOTHING RETURNING plan').db
    expect(await addTwelve()).toBeGreaterThan(1)
    deps.db = db
  })
})

it('in the end the books are right', async () => {
  const buyer = await withCart()
  const { data } = await buyer.checkout(400_000)
  await world.ask(buyer.viewer, PAY, { id: data.checkout[0].id })
  expect(await audit(world.db)).toEqual([])
})
