import type { Contact } from '@karcis/kit/contracts/attendees'
import { PAST_BUYERS } from '@karcis/kit/contracts/past-buyers'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { person, tokenOf } from '@karcis/testkit/people'
import { createStandIn } from '@karcis/testkit/stand-in'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PAY, REFUND } from './operations.ts'
import { eventOnSale } from './promo-operations.ts'
import { type OnSale, startWorld, type World } from './world.ts'

let world: World
let event: OnSale
let regular: string
const people = new Map<string, Contact>()
const stack = new AsyncDisposableStack()
const admin = person({ role: 'ADMIN' })

beforeAll(async () => {
  // What the user subgraph answers is tested there.
  const user = stack.use(
    await createStandIn({
      contacts: ({ ids, search }: { ids: string[]; search: string | null }) =>
        ids
          .flatMap((id) => people.get(id) ?? [])
          .filter(({ name, email }) => search === null || `${name} ${email}`.toLowerCase().includes(search)),
    }),
  )
  world = stack.use(await startWorld({}, { USER_URL: user.url }))
})

afterAll(() => stack.disposeAsync())

beforeEach(async () => {
  event = await eventOnSale(world)
  regular = await world.ticketType(event, { name: 'Regular', price: 1_000, quota: 100 })
})

/** Somebody of this name who has bought so many tickets. */
async function bought(
  name: string,
  ticketTypeId: string,
  quantity = 1,
): Promise<{ viewer: Viewer; id: string }> {
  const viewer = await world.buyer()
  people.set(viewer.id, { id: viewer.id, name, email: `${viewer.id}@karcis.test` })
  const id = await world.book(viewer, { ticketTypeId, quantity })
  await world.ask(viewer, PAY, { id })
  return { viewer, id }
}

const LIST = `query ($eventId: ID!, $filter: AttendeeFilter, $first: Int, $after: String, $last: Int) {
  attendees(eventId: $eventId, filter: $filter, first: $first, after: $after, last: $last) {
    totalCount pageInfo { endCursor hasNextPage hasPreviousPage }
    edges { node { id name email ticket { id } user { id } booking { id } } } } }`

const EXPORT = `mutation ($eventId: ID!, $filter: ExportFilter) {
  exportAttendees(eventId: $eventId, filter: $filter) { url expiresAt } }`

const list = async (variables: object = {}, viewer: Viewer | null = event.organizer) => {
  const { data, errors, code } = await world.ask(viewer, LIST, { eventId: event.eventId, ...variables })
  return { page: data?.attendees, names: namesOf(data?.attendees), errors, code }
}

interface Page {
  edges: { node: { name: string | null } }[]
}

const namesOf = (page: Page | null | undefined) => page?.edges.map(({ node }) => node.name)

it('who of some people has bought of an organizer is told the user subgraph, and nobody else', async () => {
  const [ani, budi, citra] = [
    await bought('Ani', regular),
    await bought('Budi', regular),
    await bought('Citra', regular),
  ]
  const other = await eventOnSale(world)
  const dewi = await bought('Dewi', await world.ticketType(other, { price: 1_000, quota: 10 }))
  await world.ask(admin, REFUND, { id: citra.id, reason: 'Called off.' })
  const pending = await world.buyer()
  await world.book(pending, { ticketTypeId: regular, quantity: 1 })
  const asked = {
    organizerId: event.organizer.id,
    userIds: [ani, budi, citra, dewi].map(({ viewer }) => viewer.id).concat(pending.id),
  }
  const { data } = await world.askAs('user', PAST_BUYERS, asked)
  expect(data.pastBuyers.toSorted()).toEqual([ani.viewer.id, budi.viewer.id].toSorted())
  for (const service of ['router', 'ticket'] as const)
    expect((await world.askAs(service, PAST_BUYERS, asked)).code).toBe('FORBIDDEN')
  const many = Array.from({ length: 1_001 }, () => newId())
  expect((await world.askAs('user', PAST_BUYERS, { ...asked, userIds: many })).code).toBe('BAD_USER_INPUT')
})

describe('who has tickets for an event', () => {
  it('is listed to its organizer and admins: ticket by ticket, the newest first, page by page', async () => {
    const ani = await bought('Ani', regular, 2)
    const budi = await bought('Budi', regular)
    const { page, names, errors } = await list()
    expect(errors).toEqual([])
    expect(names).toEqual(['Budi', 'Ani', 'Ani'])
    expect(page.totalCount).toBe(3)
    const [first] = page.edges
    expect(first.node).toMatchObject({
      email: `${budi.viewer.id}@karcis.test`,
      ticket: { id: first.node.id },
      user: { id: budi.viewer.id },
      booking: { id: budi.id },
    })
    const part = await list({ first: 2 })
    expect(part.names).toEqual(['Budi', 'Ani'])
    expect(part.page.pageInfo.hasNextPage).toBe(true)
    const rest = await list({ first: 2, after: part.page.pageInfo.endCursor })
    expect(rest.names).toEqual(['Ani'])
    expect(rest.page.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true })
    expect((await list({ last: 1 })).page.edges[0].node.booking.id).toBe(ani.id)

    expect((await list({}, admin)).names).toHaveLength(3)
    for (const viewer of [ani.viewer, person({ role: 'ORGANIZER' })])
      expect((await list({}, viewer)).code).toBe('FORBIDDEN')
    expect((await list({}, null)).code).toBe('UNAUTHENTICATED')
    expect((await list({ eventId: newId() })).code).toBe('FORBIDDEN')
  })

  it('is found by name or address, ticket type, and what became of the ticket', async () => {
    const vip = await world.ticketType(event, { name: 'VIP', price: 0, kind: 'FREE', quota: 10 })
    await bought('Ani Wijaya', regular)
    await bought('Budi Santoso', vip)
    const { id } = await bought('Citra', regular)
    await world.ask(admin, REFUND, { id, reason: 'Called off.' })
    const find = async (filter: object) => (await list({ filter })).names
    expect(await find({})).toEqual(['Budi Santoso', 'Ani Wijaya'])
    expect(await find({ ticketTypeId: vip.toUpperCase() })).toEqual(['Budi Santoso'])
    expect(await find({ status: 'REFUNDED' })).toEqual(['Citra'])
    expect(await find({ status: 'USED' })).toEqual([])
    expect(await find({ search: 'wijaya' })).toEqual(['Ani Wijaya'])
    expect(await find({ search: 'karcis.test', ticketTypeId: regular })).toEqual(['Ani Wijaya'])
    const none = await list({ filter: { search: 'nobody' } })
    expect(none.page).toMatchObject({ edges: [], totalCount: 0 })
    for (const filter of [{ search: '' }, { search: 'x'.repeat(101) }, { ticketTypeId: 'nonsense' }])
      expect((await list({ filter })).code).toBe('BAD_USER_INPUT')
  })

  it('stays listed without a name when their account was erased', async () => {
    const { viewer } = await bought('Dewi', regular)
    people.delete(viewer.id)
    expect((await list()).page.edges).toMatchObject([
      { node: { name: null, email: null, user: { id: viewer.id } } },
    ])
  })
})

describe('a file of who has tickets', () => {
  const link = async (filter = {}, viewer: Viewer | null = event.organizer) => {
    const { data, code } = await world.ask(viewer, EXPORT, { eventId: event.eventId, filter })
    return { url: data?.exportAttendees?.url as string, expiresAt: data?.exportAttendees?.expiresAt, code }
  }

  const get = async (url: string, signal?: AbortSignal) =>
    fetch(world.subgraph.url + url, {
      headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'booking') },
      ...(signal && { signal }),
    })

  it('has a line for each ticket, the oldest first, and nothing in it is a formula', async () => {
    const { viewer, id } = await bought('=cmd|"/c calc"!A1', regular)
    await bought('Émile, Zola', regular)
    const { url, expiresAt } = await link()
    expect(url).toMatch(/^\/exports\/[\w.-]+\.csv$/)
    const minutes = (new Date(expiresAt).getTime() - Date.now()) / 60_000
    expect(minutes).toBeGreaterThan(9)
    expect(minutes).toBeLessThanOrEqual(10)

    const file = await get(url)
    expect(file.status).toBe(200)
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="attendees-${event.eventId}.csv"`,
      'cache-control': 'no-store',
    })
    const bytes = Buffer.from(await file.arrayBuffer())
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const lines = bytes.subarray(3).toString().split('\r\n')
    expect(lines[0]).toBe(
      '"Name","Email","Ticket type","Seat","Status","Checked in at","Bought at","Ticket id","Booking id","Attendee","Other answers"',
    )
    expect(lines[1]).toContain(`"'=cmd|""/c calc""!A1","${viewer.id}@karcis.test","Regular","","VALID","",`)
    expect(lines[1]).toContain(`"${id}"`)
    expect(lines[2]).toContain('"Émile, Zola"')
    expect(lines.slice(3)).toEqual([''])
    expect(await (await get((await link({ status: 'USED' })).url)).text()).not.toContain('Zola')
  })

  it('has who comes, a column for what is asked now, and one for all other answers', async () => {
    const { viewer } = await bought('Ani', regular)
    const { db } = world.ticket().deps
    await db.$executeRaw`INSERT INTO questionnaires (event_id, questions)
      VALUES (${event.eventId}::uuid, '[{"text": "Food?", "kind": "TEXT", "required": false, "options": []}]')`
    const answers = [
      { question: 'Food?', answer: '=1+1' },
      { question: 'Shirt?', answer: 'M' },
      { question: 'Car?', answer: 'YES' },
    ]
    await db.$executeRaw`UPDATE tickets SET attendee_name = 'Sari', attendee_answers = ${JSON.stringify(answers)}::jsonb
      WHERE owner_id = ${viewer.id}::uuid`
    const [header, line] = (await (await get((await link()).url)).text()).split('\r\n')
    expect(header).toMatch(/,"Booking id","Attendee","Food\?","Other answers"$/)
    expect(line).toMatch(/,"Sari","'=1\+1","Shirt\? M\nCar\? YES"$/)
  })

  it('is for the organizer and admins, and only while they are: a link of others, or a changed one, opens nothing', async () => {
    await bought('Ani', regular)
    expect((await link({}, null)).code).toBe('UNAUTHENTICATED')
    expect((await link({}, person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    const { url } = await link()
    expect((await get((await link({}, admin)).url)).status).toBe(200)
    for (const wrong of [
      '/exports/a.csv',
      '/exports/',
      url.replace('.csv', '.pdf'),
      url.replace('.csv', 'A.csv'),
    ])
      expect((await get(wrong)).status).toBe(404)
    const { exportUrls } = world.subgraph.deps
    const claims = { eventId: event.eventId, userId: event.organizer.id, role: 'ORGANIZER' as const }
    const late = exportUrls.sign({ ...claims, ticketTypeId: null, status: null }, new Date(Date.now() - 1))
    expect((await get(`/exports/${late}.csv`)).status).toBe(404)
    await world.db
      .$executeRaw`UPDATE event_copies SET organizer_id = ${newId()}::uuid WHERE event_id = ${event.eventId}::uuid`
    expect((await get(url)).status).toBe(403)
  })

  it('of any length is made as it is read; nobody has more than two made at a time, also when some are broken off', async () => {
    const { id: bookingId, viewer } = await bought('Ani', regular)
    const { db } = world.ticket().deps
    const MANY = 25_000
    await db.$executeRaw`INSERT INTO tickets (id, code, event_id, ticket_type_id, owner_id, booking_id, ordinal)
      SELECT ('01990000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'many-' || ${event.eventId} || n, ${event.eventId}::uuid, ${regular}::uuid,
        ${viewer.id}::uuid, ${bookingId}::uuid, n FROM generate_series(1, ${MANY}) n`
    const { url } = await link()
    const readings = [new AbortController(), new AbortController()]
    const files = await Promise.all(readings.map(({ signal }) => get(url, signal)))
    for (const file of files) await file.body?.getReader().read() // and no more: the rest is not made
    const third = await get(url)
    expect(third.status).toBe(429)
    for (const reading of readings) reading.abort()
    const file = await eventually(async () => {
      const again = await get(url)
      expect(again.status).toBe(200)
      return again
    })
    const lines = (await file.text()).split('\r\n')
    expect(lines).toHaveLength(1 + MANY + 1 + 1)
    expect(new Set(lines).size).toBe(lines.length)
  })
})
