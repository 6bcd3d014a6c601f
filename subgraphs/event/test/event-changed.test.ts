import { readFileSync } from 'node:fs'
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
import type { Loose } from '@karcis/testkit/gql'
import { person, SERVICE_SECRET, tokenOf } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import {
  CREATE_EVENT,
  DELETE_EVENT,
  inHours,
  openHouse,
  REVIEW_EVENT,
  startStory,
  SUBMIT_EVENT,
  UPDATE_EVENT,
} from './stories.ts'

/** A stand-in for a subgraph that takes events in: it checks the caller as the real one does. */
async function startConsumer() {
  const taken: Loose[] = []
  const tokens = createServiceTokens(SERVICE_SECRET, 'ticket')
  let away = false
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = await tokens.verify(request.headers[SERVICE_TOKEN_HEADER]?.toString())
    const body = JSON.parse(await text(request))
    const wanted = !away && caller?.service === 'event' && request.url === '/internal/events'
    if (wanted) taken.push(...body.events)
    response.writeHead(wanted ? 200 : 503, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer((request, response) => {
    if (request.method === 'GET')
      response.end() // asked whether it lives
    else void take(request, response)
  })
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
  it('is sent to the ticket and the booking subgraph at every change, in order, with what is in force', async () => {
    await using ticket = await startConsumer()
    await using story = await startStory({ TICKET_URL: ticket.url })
    const house = await openHouse(story)
    const event = await house.createApproved()
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, startsAt: inHours(49) } })
    await story.does(house.organizer, UPDATE_EVENT, { input: { id: event.id, currency: 'USD' } })
    const approved = await house.approve(event.id)

    await eventually(() => expect(ticket.taken.length).toBeGreaterThanOrEqual(5))
    expect(
      ticket.taken.map(({ type, aggregateId, payload }) => [
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
    expect(ticket.taken[3].payload).toMatchObject({ currency: 'USD', startsAt: event.startsAt })
    expect(ticket.taken[4].payload).toEqual({
      id: event.id,
      organizerId: house.organizer.id,
      title: event.title,
      status: 'APPROVED',
      startsAt: approved.startsAt,
      endsAt: event.endsAt,
      currency: 'USD',
      timezone: 'Asia/Jakarta',
      roomId: house.room.id,
      venueId: house.venue.id,
      locationId: null,
      capacity: 500,
      salesPaused: false,
      salesPausedReason: null,
      staff: [],
      maxOpenPlaces: null,
      rescheduledAt: null,
      refundUntil: null,
      imageUploadId: null,
      cancellationReason: null,
      version: 5,
    })
    expect(
      await story.sql(
        `SELECT DISTINCT consumer FROM kit.outbox WHERE type = 'event.changed' ORDER BY consumer`,
      ),
    ).toEqual([{ consumer: 'booking' }, { consumer: 'ticket' }, { consumer: 'user' }])
  })

  it('comes with the word of its review, for the organizer to be told of', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createApproved()
    const reviewed = await story.sql(`SELECT consumer, payload FROM kit.outbox WHERE type = 'event.reviewed'`)
    expect(reviewed).toEqual([
      {
        consumer: 'user',
        payload: {
          eventId: event.id,
          organizerId: house.organizer.id,
          version: event.version,
          decision: 'APPROVED',
          message: null,
        },
      },
    ])
  })

  it('is not lost on a consumer that is away, and reports a deleted event as such', async () => {
    await using ticket = await startConsumer()
    ticket.away(true)
    await using story = await startStory({ TICKET_URL: ticket.url })
    const house = await openHouse(story)
    const event = await house.createEvent()
    await story.does(house.organizer, DELETE_EVENT, { id: event.id })
    ticket.away(false)
    await eventually(() => expect(ticket.taken).toHaveLength(2))
    expect(ticket.taken.map(({ payload }) => [payload.version, payload.status])).toEqual([
      [1, 'PENDING'],
      [2, 'DELETED'],
    ])
  })

  it('is not recorded for a change that did not happen', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    await house.createEvent()
    const recorded = () => story.sql('SELECT count(*)::int AS n FROM kit.outbox')
    const before = await recorded()
    expect(await story.refused(house.organizer, CREATE_EVENT, { input: house.draftOf() })).toMatchObject({
      code: 'ROOM_NOT_AVAILABLE',
    })
    expect(await recorded()).toEqual(before)
  })
})

describe('what still waited for the booking subgraph', () => {
  it('is forgotten, with the jobs that would deliver it', async () => {
    await using story = await startStory()
    const house = await openHouse(story)
    const event = await house.createEvent()
    await story.sql(`INSERT INTO kit.outbox (id, consumer, type, aggregate_id, payload)
      SELECT id, 'booking', type, aggregate_id, payload FROM kit.outbox WHERE consumer = 'ticket'
      ON CONFLICT DO NOTHING`)
    const lane = `deliver:booking:${event.id}`
    await story.sql(
      `SELECT graphile_worker.add_job('deliver-events', json_build_object('consumer', 'booking', 'aggregateId', $1::text),
        job_key => $2, queue_name => $2, run_at => now() + interval '1 h')::text`,
      event.id,
      lane,
    )
    const migration = new URL(
      '../../../prisma/event/migrations/20261125210000_events_not_for_booking/migration.sql',
      import.meta.url,
    )
    for (const statement of readFileSync(migration, 'utf8').split(/;\n/).filter(Boolean)) {
      await story.subgraph.deps.db.$executeRawUnsafe(statement)
    }
    expect(
      await story.sql(
        `SELECT DISTINCT consumer FROM kit.outbox WHERE type = 'event.changed' ORDER BY consumer`,
      ),
    ).toEqual([{ consumer: 'ticket' }, { consumer: 'user' }])
    expect(await story.sql(`SELECT key FROM graphile_worker.jobs WHERE key = $1`, lane)).toEqual([])
  })
})

describe('eventChanged', () => {
  const WATCH = `subscription($id: ID!) { eventChanged(id: $id) { title status version message } }`

  async function watch(url: string, viewer: Viewer | null, id: string) {
    const token = await tokenOf(viewer, 'event')
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
    await using organizer = await watch(story.subgraph.url, house.organizer, event.id.toUpperCase())
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
    const event = await house.createEvent({ draft: true })
    await using organizer = await watch(story.subgraph.url, house.organizer, event.id)
    expect(await organizer.next()).toMatchObject({ data: { eventChanged: { status: 'DRAFT' } } })
    await story.does(house.organizer, SUBMIT_EVENT, { id: event.id })
    expect(await organizer.next()).toMatchObject({ data: { eventChanged: { status: 'PENDING' } } })
    await using stranger = await watch(story.subgraph.url, person(), event.id)
    expect(await stranger.next()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
    await story.does(house.organizer, DELETE_EVENT, { id: event.id })
    expect(await organizer.next()).toEqual({ data: { eventChanged: null } })
  })
})
