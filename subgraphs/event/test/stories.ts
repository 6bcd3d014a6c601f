import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { newId } from '@karcis/kit/ids'
import type { ServiceName } from '@karcis/kit/contracts/subgraphs'
import {
  type Caller,
  createServiceTokens,
  SERVICE_TOKEN_HEADER,
  type Viewer,
} from '@karcis/kit/service-token'
import { ask, mustAsk } from '@karcis/testkit/ask'
import { createTestDatabase } from '@karcis/testkit/database'
import type { Loose } from '@karcis/testkit/gql'
import { NOBODY, person, SERVICE_SECRET } from '@karcis/testkit/people'
import { testRedisUrl } from '@karcis/testkit/redis'
import { USUAL_SETTINGS } from '@karcis/testkit/settings'
import { expect } from 'vitest'
import type { Deps } from '../src/domain/deps.ts'
import { OPENSTREETMAP } from '../src/domain/events/maps.ts'
import { createEventSubgraph } from '../src/server.ts'

const HOUR = 3_600_000

/** A stand-in for another subgraph's GraphQL, which checks the caller as the real one does. @param answer `data` for the variables, or a code. */
export async function standIn(
  name: string,
  answer: (variables: Loose, caller: Caller) => object | string,
): Promise<AsyncDisposable & { url: string }> {
  const tokens = createServiceTokens(SERVICE_SECRET, name)
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = await tokens.verify(request.headers[SERVICE_TOKEN_HEADER]?.toString())
    const { variables } = JSON.parse(await text(request))
    if (request.url !== '/graphql') return void response.end('{}') // events, which it takes and forgets
    const answered = caller?.service === 'event' ? answer(variables, caller) : 'FORBIDDEN'
    const body =
      typeof answered === 'string'
        ? { errors: [{ message: answered, extensions: { code: answered } }] }
        : { data: answered }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server = createServer((request, response) => {
    if (request.method === 'GET')
      response.end() // asked whether it lives (peer-breaker.ts of the kit)
    else void take(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An instant so many hours from now, as clients send it. */
export const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString()

/** The event subgraph on a database of its own, and ways to talk to it. */
export async function startStory(
  settings: { USER_URL?: string; TICKET_URL?: string; BOOKING_URL?: string } = {},
) {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await createTestDatabase('event'))
  const subgraph = stack.use(
    await createEventSubgraph({
      ...USUAL_SETTINGS,
      LOG_LEVEL: (process.env.LOG_LEVEL as 'error' | undefined) ?? 'silent',
      SERVICE_SECRET,
      REDIS_URL: testRedisUrl(),
      DATABASE_URL: database.url,
      PORT: 0,
      USER_URL: NOBODY,
      TICKET_URL: NOBODY,
      BOOKING_URL: NOBODY,
      MAP_EMBED_URL: OPENSTREETMAP,
      MAP_STATIC_URL: 'https://maps.test/{zoom}/{query}.png?at={longitude},{latitude}',
      REVIEW_DAYS: 14,
      VIEW_RETENTION_DAYS: 90,
      SEARCH_HISTORY_RETENTION_DAYS: 90,
      ROOM_BLOCK_RETENTION_DAYS: 365,
      ...settings,
    }),
  )

  type Question = [viewer: Viewer | null, document: string, variables?: Record<string, unknown>]

  /** What the one field of an operation returns, which must succeed. */
  const does = async (...question: Question): Promise<Loose> =>
    Object.values(await mustAsk(subgraph, ...question))[0]

  /** The one error that an operation is refused with: its code and facts. */
  async function refused(...question: Question): Promise<Loose> {
    const { errors, code, facts } = await ask(subgraph, ...question)
    expect(errors).toHaveLength(1)
    return { code, ...facts }
  }

  const running = stack.move()
  return {
    subgraph,
    ask: (...question: [...Question, service?: ServiceName]) => ask(subgraph, ...question),
    does,
    refused,
    /** Reads or changes the database behind the product's back. */
    sql: (text: string, ...values: unknown[]): Promise<Loose[]> =>
      subgraph.deps.db.$queryRawUnsafe(text, ...values),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export type Story = Awaited<ReturnType<typeof startStory>>

/** The same, beside a stand-in for another subgraph. @param answer as `standIn` takes it. */
export async function startStoryBeside(
  name: 'user' | 'ticket',
  answer: Parameters<typeof standIn>[1],
): Promise<Story> {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await standIn(name, answer))
  const story = stack.use(await startStory(name === 'user' ? { USER_URL: url } : { TICKET_URL: url }))
  const running = stack.move()
  return { ...story, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

export const CREATE_CATEGORY = `mutation($input: CreateCategoryInput!) { createCategory(input: $input) { id name description slug } }`
export const CREATE_LOCATION = `mutation($input: CreateLocationInput!) { createLocation(input: $input) { id name city country latitude longitude } }`
export const CREATE_VENUE = `mutation($input: CreateVenueInput!) { createVenue(input: $input) { id name city public owner { id } location { id } rooms { id } } }`
export const CREATE_ROOM = `mutation($input: CreateRoomInput!) { createRoom(input: $input) {
  id name capacity venue { id } seatLayout { seatCount sections { name rows seatsPerRow rowLabels priceTier accessibleSeats { row number } } } } }`
const EVENT = `fragment E on Event {
  id slug title description status message version timezone online currency startsAt endsAt organizer { id }
  venue { id } room { id } location { id city } pendingChanges { startsAt endsAt room { id } venue { id } submittedAt } }`
export const CREATE_EVENT = `${EVENT} mutation($input: CreateEventInput!) { createEvent(input: $input) { ...E } }`
export const UPDATE_EVENT = `${EVENT} mutation($input: UpdateEventInput!) { updateEvent(input: $input) { ...E } }`
export const SUBMIT_EVENT = `${EVENT} mutation($id: ID!) { submitEvent(id: $id) { ...E } }`
export const DELETE_EVENT = `mutation($id: ID!) { deleteEvent(id: $id) { id title } }`
export const REVIEW_EVENT = `${EVENT} mutation($id: ID!, $input: ReviewEventInput!) { reviewEvent(id: $id, input: $input) { ...E } }`
export const GET_EVENT = `${EVENT} query($id: ID!) { event(id: $id) { ...E } }`
export const CREATE_SERIES = `mutation($input: CreateEventSeriesInput!) { createEventSeries(input: $input) { id title organizer { id } } }`
export const BLOCK = `mutation($input: BlockScheduleInput!) { blockSchedule(input: $input) { id kind startsAt endsAt reason } }`

/** Events whose room bookings are not what their status and pending changes call for: there must be none. */
export const WRONG_ROOM_BOOKINGS = `
  SELECT e.id FROM events e LEFT JOIN room_bookings b ON b.event_id = e.id AND b.stage = 'CURRENT'
  WHERE CASE WHEN e.status IN ('PENDING', 'APPROVED') THEN e.room_id END IS DISTINCT FROM b.room_id
  UNION ALL
  SELECT e.id FROM events e LEFT JOIN event_pending_changes p ON p.event_id = e.id
    LEFT JOIN room_bookings b ON b.event_id = e.id AND b.stage = 'PENDING' WHERE p.room_id IS DISTINCT FROM b.room_id`

/** An admin, an organizer, a public venue in Jakarta with one room, and a category: where most stories begin. */
export async function openHouse(story: Story) {
  const admin = person({ role: 'ADMIN' })
  const organizer = person({ role: 'ORGANIZER' })
  const category = await story.does(admin, CREATE_CATEGORY, { input: { name: `Music ${newId()}` } })
  const location = await story.does(admin, CREATE_LOCATION, {
    input: { name: 'Senayan', city: 'Jakarta', country: 'Indonesia', latitude: -6.2185, longitude: 106.8018 },
  })
  const venue = await story.does(admin, CREATE_VENUE, {
    input: { name: 'Gelora Hall', city: 'Jakarta', address: 'Jalan Pintu Satu 1', locationId: location.id },
  })
  const room = await story.does(admin, CREATE_ROOM, {
    input: { venueId: venue.id, name: 'Main', capacity: 500 },
  })
  const draftOf = (changes: Record<string, unknown> = {}) => ({
    title: 'Konser Merdeka',
    description: 'An evening of songs',
    categoryId: category.id,
    venueId: venue.id,
    roomId: room.id,
    startsAt: inHours(48),
    endsAt: inHours(51),
    ...changes,
  })
  const createEvent = (changes: Record<string, unknown> = {}, by: Viewer = organizer) =>
    story.does(by, CREATE_EVENT, { input: draftOf(changes) })
  const approve = (id: string) => story.does(admin, REVIEW_EVENT, { id, input: { decision: 'APPROVED' } })
  const createApproved = async (changes: Record<string, unknown> = {}, by: Viewer = organizer) =>
    approve((await createEvent(changes, by)).id)
  return { admin, organizer, category, location, venue, room, draftOf, createEvent, approve, createApproved }
}

/** Records what is sent to the database from here on, outside transactions; the sweeps of the background do not count. */
export function recordQueries(deps: Deps): string[] {
  const sent: string[] = []
  deps.db = deps.db.$extends({
    query: {
      async $allOperations({ model, operation, args, query }) {
        const { strings = [] } = args as { strings?: string[] }
        const text = model ? `${model}.${operation}` : strings.join('?')
        if (!/kit\.outbox|pause_reason/.test(text)) sent.push(text)
        return query(args)
      },
    },
  }) as unknown as Deps['db']
  const { reads } = deps
  deps.reads = {
    $queryRaw(strings, ...values) {
      sent.push(strings.join('?'))
      return reads.$queryRaw(strings, ...values)
    },
  }
  return sent
}
