import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { CLIENT_ADDRESS_HEADER } from '@karcis/kit/contracts/client-address'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { withMutant } from '@karcis/testkit/mutants'
import { gql } from '@karcis/testkit/gql'
import { parallel } from '@karcis/testkit/parallel'
import { person, tokenOf } from '@karcis/testkit/people'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { expireBooking } from '../src/domain/fulfilment/release-booking.ts'
import { audit } from './money.ts'
import { dropTriggers, pileUp } from './mutants.ts'
import { CANCEL, CREATE, PAY } from './operations.ts'
import { eventOnSale, makePromo, REDEEM } from './promo-operations.ts'
import { type OnSale, startWorld, type World } from './world.ts'

let world: World
let event: OnSale
let ticketTypeId: string

beforeAll(async () => {
  world = await startWorld()
  event = await eventOnSale(world)
  ticketTypeId = await world.ticketType(event, { price: 1_000, quota: 1_000 })
})

afterAll(() => world[Symbol.asyncDispose]())

const people = (n: number) => Array.from({ length: n }, () => person())

const code = (input: Record<string, unknown>) =>
  makePromo(world, event.organizer, {
    eventId: event.eventId,
    code: `C-${newId()}`,
    kind: 'PERCENT',
    percent: 10,
    ...input,
  })

const book = (viewer: Viewer, promoCode: string) =>
  world.ask(viewer, CREATE, { input: { ticketTypeId, quantity: 1, promoCode } })

/** What an auditor finds of the counts: uses counted against bookings that hold one. */
async function miscounted(): Promise<unknown[]> {
  return world.db.$queryRaw`SELECT promos.id, promos.used, promos.max_uses, held.n FROM promos, LATERAL (
      SELECT count(*)::int AS n FROM promo_uses JOIN bookings ON bookings.id = booking_id
      WHERE promo_id = promos.id AND status NOT IN ('EXPIRED', 'CANCELLED')) held
    WHERE held.n <> promos.used OR held.n > promos.max_uses`
}

/** Takes constraints off for as long as `run` takes. What breaks them meanwhile is made right before they come back. */
async function without<T>(
  constraints: Record<string, string>,
  mend: string,
  run: () => Promise<T>,
): Promise<T> {
  const alter = (sql: string) => world.db.$executeRawUnsafe(sql)
  const rules = await Promise.all(
    Object.entries(constraints).map(async ([name, table]) => {
      const [row] = await world.db.$queryRaw<{ rule: string }[]>`
        SELECT pg_get_constraintdef(oid) AS rule FROM pg_constraint WHERE conname = ${name}`
      return { name, table, rule: row?.rule ?? '' }
    }),
  )
  for (const { name, table } of rules) await alter(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`)
  try {
    return await run()
  } finally {
    await alter(mend)
    for (const { name, table, rule } of rules)
      await alter(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${rule}`)
  }
}

describe('the last use of a code', () => {
  /** Six buyers who all saw that it was left, at the same moment. @returns how many were given it. */
  async function race(terms: Record<string, unknown>, buyers: Viewer[]): Promise<number> {
    const { code: last } = await code(terms)
    const all = () => Promise.all(buyers.map((buyer) => book(buyer, last)))
    const answers = await pileUp(world.db, 'bookings', buyers.length, all)
    for (const { errors, facts } of answers) if (errors.length > 0) expect(facts.promoCode).toBe(last)
    return answers.filter(({ errors }) => errors.length === 0).length
  }
  const MEND = 'UPDATE promos SET max_uses = greatest(max_uses, used)'

  it('without the guard promos_used_check goes to several', async () => {
    const given = await without({ promos_used_check: 'promos' }, MEND, () => race({ maxUses: 1 }, people(6)))
    expect(given).toBeGreaterThan(1)
  })

  it('with the guard promos_used_check goes to exactly one', async () => {
    expect(await race({ maxUses: 1 }, people(6))).toBe(1)
    expect(await miscounted()).toEqual([])
  })

  it('of one account: without the guard promo_users_used_check goes out several times, with it once', async () => {
    const mend = 'UPDATE promo_users SET max_uses = greatest(max_uses, used)'
    const twin = () => Array<Viewer>(4).fill(person())
    const given = await without({ promo_users_used_check: 'promo_users' }, mend, () =>
      race({ maxUsesPerUser: 1 }, twin()),
    )
    expect(given).toBeGreaterThan(1)
    expect(await race({ maxUsesPerUser: 1 }, twin())).toBe(1)
    expect(await miscounted()).toEqual([])
  })

  it('of a campaign’s code: without the guard promo_codes_used_check goes to several, with it to one', async () => {
    const spend = async (n: number) => {
      const { data } = await world.ask(
        event.organizer,
        `mutation ($input: CreatePromoCampaignInput!) { createPromoCampaign(input: $input) { codes { edges { node { code } } } } }`,
        { input: { eventId: event.eventId, name: 'One', count: 1, kind: 'PERCENT', percent: 10 } },
      )
      const single = data.createPromoCampaign.codes.edges[0].node.code
      const answers = await pileUp(world.db, 'bookings', n, () =>
        Promise.all(people(n).map((buyer) => book(buyer, single))),
      )
      return answers.filter(({ errors }) => errors.length === 0).length
    }
    const mend = 'UPDATE promo_codes SET max_uses = greatest(max_uses, used)'
    const given = await without({ promo_codes_used_check: 'promo_codes' }, mend, () => spend(4))
    expect(given).toBeGreaterThan(1)
    expect(await spend(4)).toBe(1)
  })
})

describe('paying, expiring and cancelling at the same moment', () => {
  it('give a use back once or spend it, and the counts agree', async () => {
    const buyer = await world.buyer()
    const { code: shared } = await code({ maxUses: 50 })
    const ids: string[] = []
    for (let n = 0; n < 8; n += 1) ids.push((await book(buyer, shared)).data.createBooking.id)
    const everything = () =>
      parallel(24, async (n) => {
        const id = ids[Math.floor(n / 3)] as string
        if (n % 3 === 0) await world.ask(buyer, CANCEL, { id })
        else if (n % 3 === 1) await world.ask(buyer, PAY, { id })
        else await expireBooking(world.subgraph.deps, id)
      })
    await pileUp(
      world.db,
      'bookings',
      6,
      everything,
      (tx) =>
        tx.$executeRaw`UPDATE bookings SET expires_at = clock_timestamp() + due.n * interval '4 ms' - interval '10 ms'
        FROM (SELECT id, row_number() OVER () AS n FROM bookings WHERE id = ANY(${ids}::uuid[])) AS due WHERE due.id = bookings.id`,
    )
    expect(await miscounted()).toEqual([])
    expect(await audit(world.db)).toEqual([])
  })
})

describe('what the database refuses by itself', () => {
  const held = async () => {
    const { code: any } = await code({})
    return (await book(person(), any)).data.createBooking.id as string
  }
  const run = (sql: string) =>
    transaction(world.db, (tx) => (tx as unknown as typeof world.db).$executeRawUnsafe(sql))

  it('guard promo_uses_once: a use that is given back twice, or goes', async () => {
    const id = await held()
    const giveBack = `UPDATE promo_uses SET given_back_at = now() WHERE booking_id = '${id}'`
    await run(giveBack)
    await expect(run(giveBack)).rejects.toThrow(/given back once/)
    await expect(
      run(`UPDATE promo_uses SET given_back_at = NULL WHERE booking_id = '${id}'`),
    ).rejects.toThrow(/given back once/)
    await expect(run(`DELETE FROM promo_uses WHERE booking_id = '${id}'`)).rejects.toThrow(/given back once/)
    await run(`UPDATE bookings SET status = 'CANCELLED' WHERE id = '${id}'`) // comes to the same: nothing is left to give back
    expect(await miscounted()).toEqual([])
  })

  it('guard bookings_discount_adds_up: a discount that nothing explains', async () => {
    const cheaper = `INSERT INTO bookings (id, user_id, event_id, organizer_id, hold_id, currency, subtotal, discount, total_price, expires_at)
      VALUES ('${newId()}', '${newId()}', '${newId()}', '${newId()}', '${newId()}', 'IDR', 100, 10, 90, now())`
    await expect(run(cheaper)).rejects.toThrow(/is 10 cheaper, its items 0, its promotions 0/)
    const id = await held()
    await expect(
      run(`UPDATE booking_items SET discount = discount + 1 WHERE booking_id = '${id}'`),
    ).rejects.toThrow(/cheaper/)
  })
})

describe('guesses from one network', () => {
  const address = '203.0.113.7'
  /** As the router sends it, which alone is believed about addresses. */
  async function guess(viewer: Viewer, from: string): Promise<string> {
    const headers = {
      [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, 'booking'),
      [CLIENT_ADDRESS_HEADER]: from,
    }
    const input = { code: `G-${newId()}`, ticketTypeId, quantity: 1 }
    const { body } = await gql(`${world.subgraph.url}/graphql`, REDEEM, { input }, headers)
    return body.errors?.[0]?.extensions?.code as string
  }

  afterEach(async () => {
    await world.db.$executeRaw`DELETE FROM promo_guesses`
  })

  const GUARD = ' OR seen.guesses + excluded.guesses <= '

  it('are slowed down whatever accounts they come by, also when they come at once', async () => {
    await guess(person(), address)
    await world.db.$executeRaw`UPDATE promo_guesses SET guesses = 97`
    const answers = await Promise.all(people(12).map((guesser) => guess(guesser, address)))
    expect(answers.filter((answer) => answer === 'PROMO_INVALID')).toHaveLength(3)
    expect(answers.filter((answer) => answer === 'RATE_LIMITED')).toHaveLength(9)
    expect(await guess(person(), '203.0.113.8')).toBe('PROMO_INVALID')
    await world.db.$executeRaw`UPDATE promo_guesses SET window_ends_at = now()`
    expect(await guess(person(), address)).toBe('PROMO_INVALID') // when its time is over
  })

  it('without the guard, the condition of the count, are not', async () => {
    await guess(person(), address)
    await world.db.$executeRaw`UPDATE promo_guesses SET guesses = 97`
    const answers = await withMutant(world.subgraph.deps, [GUARD, ' OR 0 < '], () =>
      Promise.all(people(12).map((guesser) => guess(guesser, address))),
    )
    expect(answers.filter((answer) => answer === 'PROMO_INVALID')).toHaveLength(12)
  })
})

describe('guard bookings_give_promos_back', () => {
  it('without it a booking that is cancelled keeps its use', async () => {
    await using quick = await startWorld()
    const sale = await eventOnSale(quick)
    const type = await quick.ticketType(sale, { price: 1_000, quota: 5 })
    await makePromo(quick, sale.organizer, {
      eventId: sale.eventId,
      code: 'ONE',
      kind: 'PERCENT',
      percent: 1,
      maxUses: 1,
    })
    await dropTriggers(quick.db, 'bookings.bookings_give_promos_back')
    const once = { ticketTypeId: type, quantity: 1, promoCode: 'ONE' }
    const [buyer, other] = [person(), person()]
    const id = await quick.book(buyer, once)
    await quick.ask(buyer, CANCEL, { id })
    expect((await quick.ask(other, CREATE, { input: once })).facts.reason).toBe('USED_UP')
  })
})
