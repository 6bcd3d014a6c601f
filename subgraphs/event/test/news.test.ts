import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import {
  createServiceTokens,
  SERVICE_TOKEN_EXTENSION,
  SERVICE_TOKEN_HEADER,
  type Viewer,
} from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { createWsClient } from '@karcis/testkit/ws-client'
import { describe, expect, it } from 'vitest'
import {
  CREATE_EVENT,
  DELETE_EVENT,
  inHours,
  type Loose,
  openHouse,
  person,
  REVIEW_EVENT,
  SECRET,
  startStory,
  UPDATE_EVENT,
} from './stories.ts'

/** A stand-in for a subgraph that takes events in: it checks the caller as the real one does. */
async function startConsumer() {
  const taken: Loose[] = []
  const tokens = createServiceTokens(SECRET, 'ticket')
  let away = false
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = await tokens.verify(request.headers[SERVICE_TOKEN_HEADER]?.toString())
    const body = JSON.parse(await text(request))
    const wanted = !away && caller?.service === 'event' && request.url === '/internal/events'
    if (wanted) taken.push(...body.events)
    response.writeHead(wanted ? 200 : 503, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer((request, response) => void take(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken,
    away: (value: boolean) => {
      away = value
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('event.changed', () => {
  it('tells both selling subgraphs every change, in order, with what is in force', async () => {
    await using ticket = await startConsumer()
    await using booking = await startConsumer()
    await using story = await startStory({ TICKET_URL: ticket.url, BOOKING_URL: booking.url })
    const house = await openHouse(story)
    const event = await house.createApproved()
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, startsAt: inHours(49) } })
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, title: 'New title' } })
    const approved = await house.approve(event.id)

    for (const consumer of [ticket, booking]) {
      await eventually(() => expect(consumer.taken.length).toBeGreaterThanOrEqual(5))
      expect(
        consumer.taken.map(({ type, aggregateId, payload }) => [
          type,
          aggregateId,
          payload.version,
          payload.status,
        ]),
      ).toEqual([
        ['event.changed', event.id, 1, 'PENDING'],
        ['event.changed', event.id, 2, 'APPROVED'],
        ['event.changed', event.id, 3, 'APPROVED'],
        ['event.changed', event.id, 4, 'APPROVED'],
        ['event.changed', event.id, 5, 'APPROVED'],
      ])
      expect(consumer.taken[3].payload).toMatchObject({ title: 'New title', startsAt: event.startsAt })
      expect(consumer.taken[4].payload).toEqual({
        id: event.id,
        organizerId: house.organizer.id,
        title: 'New title',
        status: 'APPROVED',
        startsAt: approved.startsAt,
        endsAt: event.endsAt,
        currency: 'IDR',
        timezone: 'Asia/Jakarta',
        roomId: house.room.id,
        version: 5,
      })
    }
  })

  it('is not lost on a consumer that is away, and a deleted event is told as called off', async () => {
    await using ticket = await startConsumer()
    ticket.away(true)
    await using story = await startStory({ TICKET_URL: ticket.url })
    const house = await openHouse(story)
    const event = await house.createEvent()
    await story.does(house.organizer, DELETE_EVENT, { id: event.id })
    ticket.away(false)
    await eventually(() => expect(ticket.taken).toHaveLength(2), 20_000)
    expect(ticket.taken.map(({ payload }) => [payload.version, payload.status])).toEqual([
      [1, 'PENDING'],
      [2, 'CANCELLED'],
    ])
  })

  it('is not told of a change that did not happen', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    await house.createEvent()
    const told = () => story.sql('SELECT count(*)::int AS n FROM kit.outbox')
    const before = await told()
    expect(await story.refused(house.organizer, CREATE_EVENT, { input: house.draftOf() })).toMatchObject({
      code: 'ROOM_NOT_AVAILABLE',
    })
    expect(await told()).toEqual(before)
  })
})

describe('eventChanged', () => {
  const WATCH = `subscription($id: ID!) { eventChanged(id: $id) { title status version message } }`

  async function watch(url: string, viewer: Viewer | null, id: string) {
    const token = await createServiceTokens(SECRET, 'router').sign(viewer)
    const ws = createWsClient(`${url}/graphql`)
    const values = ws.client.iterate<Loose>({
      query: WATCH,
      variables: { id },
      extensions: { [SERVICE_TOKEN_EXTENSION]: token },
    })
    return {
      next: async () => (await values.next()).value,
      [Symbol.asyncDispose]: async () => {
        await values.return?.()
        await ws[Symbol.asyncDispose]()
      },
    }
  }

  it('gives the event as it is, then every change, to each watcher what it may see', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createApproved()
    await using fan = await watch(story.subgraph.url, null, event.id)
    await using organizer = await watch(story.subgraph.url, house.organizer, event.id)
    const now = { title: event.title, version: 2, status: 'APPROVED', message: null }
    expect(await fan.next()).toEqual({ data: { eventChanged: now } })
    expect(await organizer.next()).toEqual({ data: { eventChanged: now } })
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, startsAt: inHours(49) } })
    expect(await fan.next()).toEqual({ data: { eventChanged: { ...now, version: 3 } } })
    expect(await organizer.next()).toEqual({
      data: { eventChanged: { ...now, version: 3, status: 'PENDING' } },
    })
    await story.does(house.admin, REVIEW_EVENT, {
      id: event.id,
      input: { decision: 'REJECTED', message: 'No' },
    })
    expect(await fan.next()).toEqual({ data: { eventChanged: { ...now, version: 4 } } })
    expect(await organizer.next()).toEqual({ data: { eventChanged: { ...now, version: 4, message: 'No' } } })
  })

  it('says null when the event is gone, and NOT_FOUND where it is not to be seen', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createEvent()
    await using organizer = await watch(story.subgraph.url, house.organizer, event.id)
    expect(await organizer.next()).toMatchObject({ data: { eventChanged: { status: 'PENDING' } } })
    await using stranger = await watch(story.subgraph.url, person('CUSTOMER'), event.id)
    expect(await stranger.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    await story.does(house.organizer, DELETE_EVENT, { id: event.id })
    expect(await organizer.next()).toEqual({ data: { eventChanged: null } })
  })
})
