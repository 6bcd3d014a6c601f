import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBody, sendJson } from '@karcis/kit/http'
import { newId } from '@karcis/kit/ids'
import { createServiceTokens, SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { gql } from '@karcis/testkit/gql'
import { SERVICE_SECRET } from '@karcis/testkit/people'
import { expect, it } from 'vitest'
import { startStory } from './stories.ts'

/** Something that listens where booking would, and records which events come from whom. */
async function startListener() {
  const received: {
    service: string | undefined
    path: string | undefined
    type: string
    payload: unknown
  }[] = []
  const tokens = createServiceTokens(SERVICE_SECRET, 'booking')
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const caller = await tokens.verify(request.headers[SERVICE_TOKEN_HEADER]?.toString())
    const { events } = JSON.parse(await readBody(request, 100_000))
    for (const { type, payload } of events) {
      received.push({ service: caller?.service, path: request.url, type, payload })
    }
    sendJson(response, 200, { taken: true })
  }
  const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

it('delivers an event to booking for everybody who signs up, once, and for nobody whose sign-up failed', async () => {
  await using listener = await startListener()
  await using story = await startStory({ BOOKING_URL: listener.url, ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })
  const siti = await story.signUp('Siti')
  await story.anybody(
    'mutation { createUser(input: { email: "siti@karcis.test", password: "long enough", name: "Again" }) { expiresIn } }',
  )
  const budi = await story.signUp('Budi')
  const registered = ({ id }: { id: string }) => ({
    service: 'user',
    path: '/internal/events',
    type: 'user.registered',
    payload: { userId: id },
  })
  await eventually(() => expect(listener.received).toHaveLength(2))
  expect(listener.received).toEqual(expect.arrayContaining([registered(siti), registered(budi)]))
  await eventually(async () =>
    expect(await story.sql('SELECT id FROM kit.outbox WHERE delivered_at IS NULL')).toEqual([]),
  )
  expect(await story.sql('SELECT type FROM kit.outbox')).toHaveLength(2)
})

it('takes in a change of a booking once, however often it is delivered', async () => {
  await using story = await startStory()
  const siti = await story.signUp('Siti')
  const [id, bookingId] = [newId(), newId()]
  const payload = { bookingId, userId: siti.id, status: 'PAID' }
  const event = { id, type: 'booking.changed', aggregateId: bookingId, payload }
  for (let n = 0; n < 2; n += 1) await tell(story.subgraph.url, 'booking', event)
  expect(await story.sql('SELECT event_id FROM kit.inbox')).toEqual([{ event_id: id }])
})

it('answers nothing without a service token', async () => {
  await using story = await startStory()
  for (const query of ['{ __typename }', '{ _service { sdl } }', '{ me { id } }']) {
    const { status, body } = await gql(`${story.subgraph.url}/graphql`, query)
    expect(status).toBe(401)
    expect(body.data).toBeUndefined()
  }
  for (const path of ['/.well-known/jwks.json', '/internal/auth-changes']) {
    expect((await fetch(`${story.subgraph.url}${path}`)).status).toBe(401)
  }
})
