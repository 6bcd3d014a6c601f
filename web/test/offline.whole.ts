import { eventually } from '@karcis/testkit/eventually'
import jsQR from 'jsqr'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  approvedEvent,
  PASSWORD,
  type Person,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../../e2e/test/builders.ts'
import { describeInBrowser, openStage, type Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'

const HOLD = 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }'
const BOOK = 'mutation ($input: CreateBookingInput!) { createBooking(input: $input) { id status } }'
const PAY =
  'mutation ($id: ID!) { confirmPayment(id: $id, input: { method: WALLET }) { status tickets { id code } } }'
const BOOKINGS = '{ myBookings(first: 20) { totalCount edges { node { id status } } } }'

/** A request as the outbox keeps it (web/src/offline/database.ts). */
interface Entry {
  key: string
  state: 'waiting' | 'sending'
  personId: string
  document: string
  variables: unknown
}

describeInBrowser('a person whose network fails them', () => {
  let stage: Stage
  let typeId: string
  let shown: { slug: string; title: string }

  beforeAll(async () => {
    stage = await openStage()
    const organizer = await signUpOrganizer(stage, stage.admin)
    const eventId = await approvedEvent(stage, stage.admin, organizer)
    typeId = await ticketType(stage, organizer, eventId, { name: 'Standing', price: 50_000, quota: 1_000 })
    const { event } = await stage.run('query ($id: ID!) { event(id: $id) { slug title } }', { id: eventId })
    shown = event
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  /** Somebody new, signed in in a browser whose worker stands. */
  async function arrive(visitor: Visitor): Promise<Person> {
    const person = await signUp(stage, 'Wati')
    await visitor.page.goto('/tickets')
    await signInHere(visitor.page, person)
    await visitor.page.reload()
    await visitor.page.evaluate(() => navigator.serviceWorker.ready)
    // From now on by the worker; and a session whose renewal is cut off has ended.
    await answered(visitor.page, 'myTickets', () => visitor.page.reload())
    await visitor.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    return person
  }

  async function hold(person: Person): Promise<string> {
    return (await stage.run(HOLD, { input: { ticketTypeId: typeId, quantity: 1 } }, person.token)).holdTickets
      .id
  }

  async function waiting(person: Person, state: Entry['state'] = 'waiting'): Promise<Entry> {
    const holdId = await hold(person)
    const key = `book ${holdId}`
    return {
      key,
      state,
      personId: person.id,
      document: BOOK,
      variables: { input: { holdId, idempotencyKey: key } },
    }
  }

  const bookingsOf = async (person: Person): Promise<string[]> =>
    (await stage.run(BOOKINGS, {}, person.token)).myBookings.edges.map(
      ({ node }: { node: { id: string } }) => node.id,
    )

  it('shows their tickets and a code that scanners read, also in a tab that is opened without a network', async () => {
    await using visitor = await stage.visit({ width: 'phone' })
    visitor.expectProblem(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
    const person = await arrive(visitor)
    const { createBooking } = await stage.run(
      BOOK,
      { input: { ticketTypeId: typeId, quantity: 2 } },
      person.token,
    )
    const { confirmPayment } = await stage.run(PAY, { id: createBooking.id }, person.token)
    const [ticket] = confirmPayment.tickets
    await visitor.page.goto('/tickets')
    await visitor.page.getByRole('link', { name: /Night/ }).waitFor()
    await visitor.offline(true)
    const tab = await visitor.newPage()
    await tab.goto(`/tickets/${ticket.id}`)
    const code = tab.locator('.ticket-strip__one:not([inert]) .qr-code')
    await code.waitFor()
    expect(await tab.getByRole('heading', { name: /Night/ }).count()).toBe(1)
    const { data, info } = await sharp(await code.screenshot())
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    expect(jsQR.default(new Uint8ClampedArray(data), info.width, info.height)?.data).toBe(ticket.code)
    expect(await visitor.accessibility(tab)).toEqual([])
  })

  it('line 171: opens the page of an event that they looked at, in a tab without a network, and no other', async () => {
    await using visitor = await stage.visit({ language: 'en' })
    visitor.expectProblem(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
    const { page } = visitor
    await page.goto(`/events/${shown.slug}`)
    await page.getByRole('heading', { level: 1, name: shown.title }).waitFor()
    await page.getByText('Standing').first().waitFor()
    await page.evaluate(() => navigator.serviceWorker.ready)
    await eventually(async () => expect(await stored(page, 'answers')).toHaveLength(1))
    await visitor.offline(true)
    const tab = await visitor.newPage()
    await tab.goto(`/events/${shown.slug}`)
    await tab.getByRole('heading', { level: 1, name: shown.title }).waitFor()
    await tab.getByText('Standing').first().waitFor()
    expect(await visitor.accessibility(tab)).toEqual([])
    await tab.goto('/events/never-looked-at')
    await tab.getByRole('heading', { level: 1, name: 'You are offline' }).waitFor()
  })

  // The guard is the lock of each entry (web/src/offline/outbox.ts): without it every one of the three sends.
  it('line 170: sends a purchase once, though two tabs and the worker send it at the same moment', async () => {
    await using visitor = await stage.visit()
    const person = await arrive(visitor)
    const other = await visitor.newPage()
    await answered(other, 'myBookings', () => other.goto('/bookings'))
    await visitor.offline(true)
    visitor.expectProblem(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/)
    await put(visitor.page, await waiting(person))
    let sent = 0
    visitor.context.on('request', (request) => {
      if (request.postData()?.includes('createBooking')) sent += 1
    })
    await visitor.offline(false)
    await Promise.all(
      [visitor.page, other].map((page) => page.evaluate(() => void dispatchEvent(new Event('online')))),
    )
    await visitor.context.serviceWorkers()[0]?.evaluate(SYNC)
    await eventually(async () =>
      expect(await stored(visitor.page, 'outbox')).toMatchObject([{ state: 'done' }]),
    )
    expect(sent).toBe(1)
    expect(await bookingsOf(person)).toHaveLength(1)
  })

  it('line 170: is told how a purchase ended whose tab died between the answer and its note, and has it once', async () => {
    await using visitor = await stage.visit({ language: 'en' })
    const person = await arrive(visitor)
    const entry = await waiting(person, 'sending')
    const { createBooking } = await stage.run(BOOK, entry.variables as Record<string, unknown>, person.token)
    await put(visitor.page, entry)
    await visitor.page.reload()
    await visitor.page.getByText('Your booking is made').waitFor()
    expect(await bookingsOf(person)).toEqual([createBooking.id])
  })

  it('leaves nothing behind for who signs in after them', async () => {
    await using visitor = await stage.visit()
    const person = await arrive(visitor)
    // Nothing tells the page of it, as of what was written down just before it closed.
    await put(visitor.page, await waiting(person))
    await signInHere(visitor.page, await signUp(stage, 'Joko'))
    await visitor.page.reload()
    await eventually(async () => expect(await stored(visitor.page, 'outbox')).toEqual([]))
    expect(await bookingsOf(person)).toEqual([])
  })
})

/** All that stands in a store of this device; nothing while the app has not made it: opened by a story, it would be without its stores. */
const stored = <V>(page: Page, store: string): Promise<V[]> =>
  page.evaluate(async (name) => {
    const all = await indexedDB.databases()
    if (!all.some((one) => one.name === 'karcis')) return []
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('karcis')
      request.addEventListener('success', () => resolve(request.result))
    })
    const values = await new Promise<V[]>((resolve) => {
      const request = db.transaction(name).objectStore(name).getAll()
      request.addEventListener('success', () => resolve(request.result))
    })
    db.close()
    return values
  }, store)

/** What a browser does in the worker once there is a network again. */
const SYNC = `dispatchEvent(Object.assign(new ExtendableEvent('sync'), { tag: 'karcis-outbox' }))`

/** Signs in as the page does; who it is, the page remembers. */
const signInHere = (page: Page, { email }: Person): Promise<void> =>
  page.evaluate(
    async ([query, variables]) => {
      const answer = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'karcis-session': 'cookie' },
        body: JSON.stringify({ query, variables }),
      })
      const { data } = await answer.json()
      localStorage.setItem('karcis-user', JSON.stringify(data.login.user))
    },
    [
      'mutation ($input: LoginInput!) { login(input: $input) { user { id name email role emailVerified avatarUrl } } }',
      { input: { email, password: PASSWORD } },
    ] as const,
  )

/** Puts a request where the page puts it before it sends it. */
const put = (page: Page, entry: Entry): Promise<void> =>
  page.evaluate(async (given) => {
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('karcis')
      request.addEventListener('success', () => resolve(request.result))
    })
    const transaction = db.transaction('outbox', 'readwrite')
    const rest = {
      kind: 'createBooking',
      bookingId: null,
      answer: null,
      failure: null,
      told: false,
      createdAt: Date.now(),
    }
    transaction.objectStore('outbox').put({ ...rest, ...given })
    await new Promise((resolve) => transaction.addEventListener('complete', resolve))
    db.close()
  }, entry)

/** Does what makes a page ask for a field, and waits for the answer. */
async function answered(page: Page, field: string, act: () => Promise<unknown>): Promise<void> {
  const answer = page.waitForResponse((response) => response.request().postData()?.includes(field) === true)
  await Promise.all([answer, act()])
}
