import type { KarcisError } from '@karcis/kit/errors'
import { createServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens } from '@karcis/kit/service-token'
import { replaceOldest, startBalancer } from '@karcis/testkit/balancer'
import { person, SERVICE_SECRET } from '@karcis/testkit/people'
import { startProcess, type TestProcess } from '@karcis/testkit/process'
import { expect, it } from 'vitest'
import { startStory } from './stories.ts'

const HOLD = 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }'
const RELEASE = 'mutation ($id: ID!) { releaseHold(id: $id) { status } }'
const LOOK = 'query ($eventId: ID!) { seatMap(eventId: $eventId) { seats { id status } } }'

it('line 30: two ticket processes replaced one after the other under load lose no request, and no place', async () => {
  await using stack = new AsyncDisposableStack()
  const story = stack.use(await startStory())
  const { eventId } = await story.hall(10, 20)
  const typeId = await story.ticketType(eventId, { quota: 10_000 })
  const start = async (): Promise<TestProcess> => {
    const env = { ...story.settings, DRAIN_SECONDS: '1' }
    const started = stack.use(await startProcess('subgraphs/ticket/src/main.ts', env))
    await started.ready()
    return started
  }
  const pair = [await start(), await start()]
  const balancer = stack.use(await startBalancer(...pair.map(({ url }) => url)))
  const client = createServiceClient(balancer.url, createServiceTokens(SERVICE_SECRET, 'router').to('ticket'))

  const enough = new AbortController()
  const counts = { held: 0, released: 0, looked: 0 }
  const failures: string[] = []
  const again = async (act: () => Promise<void>) => {
    while (!enough.signal.aborted) {
      await act().catch(({ code, message }: KarcisError) => failures.push(`${code}: ${message}`))
    }
  }
  const buy = async () => {
    const viewer = person()
    const input = { ticketTypeId: typeId, quantity: 1 }
    const { holdTickets } = await client.query<{ holdTickets: { id: string } }>(HOLD, { input }, viewer)
    counts.held += 1
    await client.query(RELEASE, { id: holdTickets.id }, viewer)
    counts.released += 1
  }
  const look = async () => {
    const { seatMap } = await client.query<{ seatMap: { seats: unknown[] } }>(LOOK, { eventId })
    if (seatMap.seats.length === 200) counts.looked += 1
  }
  const people = [
    ...Array.from({ length: 6 }, () => again(buy)),
    ...Array.from({ length: 4 }, () => again(look)),
  ]
  for (let round = 0; round < 2; round += 1) {
    expect(await replaceOldest(balancer, pair, start)).toBe(0)
  }
  enough.abort()
  await Promise.all(people)
  expect(failures).toEqual([])
  expect(counts.released).toBe(counts.held)
  expect(Math.min(counts.held, counts.looked)).toBeGreaterThan(50)
  expect(await story.stock(typeId)).toMatchObject({ held: 0, available: 10_000 })
  const [holds] = await story.sql<{ made: bigint }>('SELECT count(*) AS made FROM holds')
  expect(Number(holds?.made)).toBe(counts.held)
})
