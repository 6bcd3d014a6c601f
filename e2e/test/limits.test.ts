import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { booksOf, type Books } from './books.ts'
import { approvedEvent, type Person, pay, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'

// Who may take what, over the whole supergraph: presales, types that wait for others, and places out of public sale.

let karcis: Karcis
let books: Books
let organizer: Person
let eventId: string
let people: Person[]

beforeAll(async () => {
  karcis = await startKarcis()
  books = await booksOf(karcis.databases)
  const admin = await signInAdmin(karcis)
  organizer = await signUpOrganizer(karcis, admin)
  eventId = await approvedEvent(karcis, admin, organizer)
  people = []
  for (let at = 0; at < 20; at += 1) people.push(await signUp(karcis, 'Budi'))
})

afterAll(async () => {
  await books[Symbol.asyncDispose]()
  await karcis[Symbol.asyncDispose]()
})

const CREATE = 'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }'
const HOLD = 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }'
const HOLD_ITEMS = 'mutation ($input: HoldItemsInput!) { holdItems(input: $input) { id } }'
const BOOK =
  'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id items { ticketType { name } } } }'
const QUOTE = 'query ($input: QuoteBookingInput!) { quoteBooking(input: $input) { totalPrice } }'
const ADD =
  'mutation ($input: AddToCartInput!) { addToCart(input: $input) { events { items { id quantity } } } }'
const MORE =
  'mutation ($id: ID!, $input: UpdateCartItemInput!) { updateCartItem(id: $id, input: $input) { events { items { quantity } } } }'
const BACK = 'mutation ($input: HoldBackTicketsInput!) { holdBackTickets(input: $input) { id left } }'
const STOCK = 'query ($id: ID!) { ticketType(id: $id) { quota sold held available } }'

const typeOf = async (input: object): Promise<string> => {
  const details = { eventId, name: 'Festival', kind: 'PAID', price: 10_000, quota: 100, ...input }
  return (await karcis.run(CREATE, { input: details }, organizer.token)).createTicketType.id
}

/** What came of it: its code, or `done`. */
async function outcome(query: string, variables: object, person: Person): Promise<string> {
  const { errors } = await karcis.attempt(query, variables as Record<string, unknown>, person.token)
  return errors?.[0]?.extensions?.code ?? 'done'
}

const stockOf = async (id: string) => (await karcis.run(STOCK, { id }, organizer.token)).ticketType
const someone = (): Person => people.pop() as Person

describe('a presale', () => {
  it('is for whoever has the code, in the cart and at the till, until the cart is paid for', async () => {
    const ticketTypeId = await typeOf({ name: 'Presale', accessCode: 'Sahabat' })
    const buyer = someone()
    const places = { ticketTypeId, quantity: 1 }
    const query = 'query ($id: ID!) { event(id: $id) { ticketTypes { name accessCodeRequired } } }'
    const { event } = await karcis.run(query, { id: eventId }, buyer.token)
    expect(event.ticketTypes).toContainEqual({ name: 'Presale', accessCodeRequired: true })
    for (const [way, input] of [
      [HOLD, places],
      [HOLD_ITEMS, { eventId, items: [places] }],
      [BOOK, places],
      [QUOTE, places],
      [ADD, places],
    ] as const) {
      const { errors } = await karcis.attempt(way, { input }, buyer.token)
      expect(errors?.[0]?.extensions).toMatchObject({
        code: 'FORBIDDEN',
        reason: 'ACCESS_CODE_MISSING',
        ticketTypeIds: [ticketTypeId],
      })
    }
    const accessCode = 'sahabat'
    const { addToCart } = await karcis.run(ADD, { input: { ...places, accessCode } }, buyer.token)
    const [item] = addToCart.events[0].items
    expect(await outcome(ADD, { input: { ...places, accessCode: 'wrong' } }, buyer)).toBe('FORBIDDEN')
    const { updateCartItem } = await karcis.run(MORE, { id: item.id, input: { quantity: 3 } }, buyer.token)
    expect(updateCartItem.events[0].items).toEqual([{ quantity: 3 }])
    expect(await stockOf(ticketTypeId)).toMatchObject({ held: 3 })
    const { createBooking } = await karcis.run(BOOK, { input: { ...places, accessCode } }, buyer.token)
    expect(createBooking.items).toEqual([{ ticketType: { name: 'Presale' } }])
    expect((await pay(karcis, buyer, createBooking.id)).confirmPayment.status).toBe('PAID')
  })

  it('slows down whoever guesses, whichever ways they try', async () => {
    const ticketTypeId = await typeOf({ accessCode: 'right' })
    const guesser = someone()
    const ways = [HOLD, BOOK, ADD, QUOTE]
    const input = { ticketTypeId, quantity: 1 }
    const answers: string[] = []
    for (let at = 0; at < 12; at += 1)
      answers.push(
        await outcome(ways[at % 4] ?? HOLD, { input: { ...input, accessCode: `wrong ${at}` } }, guesser),
      )
    expect(answers).toEqual([...Array(10).fill('FORBIDDEN'), 'RATE_LIMITED', 'RATE_LIMITED'])
    const { errors } = await karcis.attempt(HOLD, { input: { ...input, accessCode: 'right' } }, guesser.token)
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    })
    expect(await outcome(HOLD, { input: { ...input, accessCode: 'right' } }, someone())).toBe('done')
  })
})

it('the next wave shows to whoever watches when the one before is gone, and not a moment earlier', async () => {
  const early = await typeOf({ name: 'Early bird', quota: 3 })
  const late = await typeOf({ name: 'Regular', hiddenUntilSoldOut: early })
  const buyer = someone()
  expect(await outcome(HOLD, { input: { ticketTypeId: late, quantity: 1 } }, buyer)).toBe('NOT_FOUND')
  expect(await outcome(BOOK, { input: { ticketTypeId: late, quantity: 1 } }, buyer)).toBe('NOT_FOUND')
  await using socket = karcis.connect()
  interface Told {
    ticketStockChanged: { id: string; available: number }[]
  }
  const told = socket.subscribe<Told>(
    'subscription ($eventId: ID!) { ticketStockChanged(eventId: $eventId) { id available } }',
    { eventId },
  )
  const find = (data: Told | null | undefined, id: string) =>
    data?.ticketStockChanged.find((type) => type.id === id)
  const first = await told.waitFor(({ data }) => find(data, early) !== undefined)
  expect(find(first.data, late)).toBeUndefined()
  expect(await outcome(HOLD, { input: { ticketTypeId: early, quantity: 3 } }, buyer)).toBe('done')
  const next = await told.waitFor(({ data }) => find(data, late) !== undefined)
  expect(find(next.data, early)?.available).toBe(0)
  expect(await outcome(HOLD, { input: { ticketTypeId: late, quantity: 1 } }, buyer)).toBe('done')
})

describe('many at once, right and wrong codes, limits and contingents', () => {
  let buyers: Person[]

  beforeAll(() => {
    buyers = people.splice(0, 16)
  })

  /** Ten contingents of two places; fourteen buyers with the code and two without, five tries each, of whom one may have two. */
  it.for([60, 40])('come to what there is: %i places', async (places) => {
    const ticketTypeId = await typeOf({ quota: places, maxPerUser: 2, accessCode: 'ours' })
    const runs = await parallel(90, async (at) => {
      if (at % 9 === 0)
        return outcome(BACK, { input: { ticketTypeId, quantity: 2, name: `Sponsor ${at}` } }, organizer)
      const accessCode = at % 9 === 5 ? 'theirs' : 'ours'
      return outcome(
        HOLD,
        { input: { ticketTypeId, quantity: 1, accessCode } },
        buyers[(at % 18) - (at % 18 > 9 ? 2 : 1)] as Person,
      )
    })
    const outcomes = runs.map((run) => (run.status === 'fulfilled' ? run.value : 'failed'))
    const count = (of: (at: number) => boolean, what: string) =>
      outcomes.filter((each, at) => of(at) && each === what).length
    const backed = count((at) => at % 9 === 0, 'done')
    const taken = count((at) => at % 9 !== 0, 'done')
    expect(count((at) => at % 9 === 5, 'FORBIDDEN')).toBe(10)
    const { held, available, quota } = await stockOf(ticketTypeId)
    expect({ quota, held, left: held + available }).toEqual({
      quota: places,
      held: 2 * backed + taken,
      left: places,
    })
    if (places === 60) {
      expect({ backed, taken }).toEqual({ backed: 10, taken: 28 })
      expect(count(() => true, 'LIMIT_EXCEEDED')).toBe(42)
    } else {
      expect(available).toBeLessThan(2)
      expect(taken).toBeLessThanOrEqual(28)
      expect(outcomes).toContain('SOLD_OUT')
      for (const each of outcomes) expect(['done', 'FORBIDDEN', 'LIMIT_EXCEEDED', 'SOLD_OUT']).toContain(each)
    }
    await eventually(async () => expect(await books.contradictions()).toEqual([])) // also what was to be told of people who signed up
  })
})
