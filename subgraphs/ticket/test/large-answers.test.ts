import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { SERVICE_TOKEN_EXTENSION, SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { eventually } from '@karcis/testkit/eventually'
import { parallel } from '@karcis/testkit/parallel'
import { tokenOf } from '@karcis/testkit/people'
import { startProcess, type TestProcess } from '@karcis/testkit/process'
import type { Loose } from '@karcis/testkit/gql'
import { createWsClient } from '@karcis/testkit/ws-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Story, startStory } from './stories.ts'

const ROWS = 250
const PER_ROW = 400
const SEATS = ROWS * PER_ROW
/** How many ask for the whole map at once: several GB, if all were answered side by side. */
const ASKED = 30

/** What is drawn of a seat; with all its scalars the map is more than one answer carries (seat-maps.test.ts). */
const scalars = 'id section row number status x y'

/** What a process says on `/live` while something goes on: how often it was asked, and how often it answered within a second. */
async function lookAt(process: TestProcess, until: Promise<unknown>) {
  const over = new AbortController()
  void until.finally(() => over.abort())
  const seen = { asked: 0, alive: 0, megabytes: 0 }
  while (!over.signal.aborted) {
    seen.asked += 1
    const answer = await Promise.race([process.probe('/live'), sleep(1_000, null)])
    if (answer?.status === 200) seen.alive += 1
    seen.megabytes = Math.max(seen.megabytes, await residentMegabytes(process.pid))
    await sleep(100)
  }
  return seen
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}

/** A hall. */
async function buildHall(story: Story, rows: number, seatsPerRow: number): Promise<string> {
  const eventId = await story.event()
  const typeId = await story.ticketType(eventId, { quota: 1 })
  const sections = [{ name: 'Stalls', ticketTypeId: typeId, rows, seatsPerRow }]
  await story.mustAsk(
    story.organizer,
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }',
    { input: { eventId, sections } },
  )
  return eventId
}

/** A process of its own, that is asked about halls. */
async function startAsked() {
  await using stack = new AsyncDisposableStack()
  const process = stack.use(
    await startProcess('subgraphs/ticket/src/main.ts', { ...story.settings, LOG_LEVEL: 'info' }),
  )
  await process.ready()
  const post = async (body: unknown): Promise<string> => {
    const response = await fetch(`${process.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'ticket') },
      body: JSON.stringify(body),
    })
    return response.text()
  }
  const open = stack.move()
  return { process, post, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

let story: Story
/** The event of a hall of 100,000 seats. */
let eventId: string

beforeAll(async () => {
  story = await startStory()
  eventId = await buildHall(story, ROWS, PER_ROW)
})

afterAll(() => story[Symbol.asyncDispose]())

/** Whether an answer is all of the map, or says why it is not. */
function outcomeOf(json: string): string {
  const { data, errors } = JSON.parse(json)
  if (errors) return String(errors[0].extensions.code)
  for (const map of Object.values<{ seats: { id: string }[] }>(data))
    if (new Set(map.seats.map(({ id }) => id)).size !== SEATS) return 'not whole'
  return 'whole'
}

describe('lines 25 and 35: a map of 100,000 seats, asked for by more at once than its memory holds', () => {
  it.each([
    ['each by itself', ASKED, 1],
    ['in one batch', 1, ASKED],
  ])(
    'is answered in turn, whole or with a clear error, by a process that lives and gives back the memory: %s',
    async (_, requests, members) => {
      await using asking = await startAsked()
      const { process, post } = asking
      const query = `query ($eventId: ID!) { seatMap(eventId: $eventId) { seats { ${scalars} } } }`
      const operation = { query, variables: { eventId } }
      const asked = parallel(requests, async () => {
        if (members === 1) return [outcomeOf(await post(operation))]
        const lines = (await post(Array.from({ length: members }, () => operation))).split('\n').slice(0, -1)
        return lines.map((line) => outcomeOf(line.slice(line.indexOf(',') + 1, -1)))
      })
      const seen = await lookAt(process, asked)
      const outcomes = (await asked).flatMap((one) => (one.status === 'fulfilled' ? one.value : [one.reason]))
      expect(outcomes).toHaveLength(ASKED)
      expect(new Set(outcomes).difference(new Set(['whole', 'SERVICE_UNAVAILABLE']))).toEqual(new Set())
      expect(outcomes.filter((outcome) => outcome === 'whole').length).toBeGreaterThan(1)
      expect(seen.alive).toBeGreaterThan(seen.asked / 2)
      expect(seen.alive).toBeGreaterThan(10)
      expect(seen.megabytes).toBeLessThan(1_500)
      await eventually(async () => expect(await residentMegabytes(process.pid)).toBeLessThan(450))
      expect(process.hasEnded).toBe(false)
      expect(process.log.filter(({ level }) => level >= 50)).toEqual([])
    },
  )
})

it('line 25: two dozen watchers with as many revisions of a map of 100,000 seats share what is read of it', async () => {
  await using asking = await startAsked()
  const { process } = asking
  await story.sql(`UPDATE seats SET revision = 1 + (seat.at % 60) FROM (SELECT id, row_number() OVER () AS at FROM seats) seat
    WHERE seats.id = seat.id`)
  await story.sql('UPDATE seat_maps SET revision = 60')
  await using sockets = createWsClient(`${process.url}/graphql`)
  const extensions = { [SERVICE_TOKEN_EXTENSION]: await tokenOf(null, 'ticket') }
  const query = `subscription ($eventId: ID!, $since: Int) {
    seatMapChanged(eventId: $eventId, sinceRevision: $since) { snapshot seats { id } } }`
  const told = parallel(24, async (since) => {
    const changes = sockets.client.iterate<Loose>({ query, variables: { eventId, since }, extensions })
    const { value } = await changes.next()
    const { snapshot, seats } = value.data.seatMapChanged
    return [since, snapshot, seats.length]
  })
  const seen = await lookAt(process, told)
  const seats = (since: number) => Math.round((SEATS * (60 - since)) / 60)
  for (const [since, watcher] of (await told).entries()) {
    expect(watcher).toMatchObject({
      status: 'fulfilled',
      value: [since, since === 0, expect.closeTo(seats(since), -1.5)],
    })
  }
  expect(seen.alive).toBeGreaterThan(seen.asked / 2)
  expect(seen.megabytes).toBeLessThan(1_500)
  expect(process.hasEnded).toBe(false)
})

it('line 15: maps within maps, sent straight to the subgraph, are refused soon, and hold nobody up', async () => {
  await using asking = await startAsked()
  const { process, post } = asking
  const small = await buildHall(story, 12, 20)
  const nested =
    'ticketType { event { seatMap { seats { ticketType { event { seatMap { seats { id } } } } } } } }'
  const query = `query ($eventId: ID!) { seatMap(eventId: $eventId) { seats { ${nested} } } }`
  const asked = parallel(3, async () => JSON.parse(await post({ query, variables: { eventId: small } })))
  const seen = await lookAt(process, asked)
  for (const outcome of await asked) {
    expect(outcome).toMatchObject({
      status: 'fulfilled',
      value: { data: null, errors: [{ extensions: { code: 'BAD_USER_INPUT', mostObjects: 200_000 } }] },
    })
  }
  expect(seen.alive).toBeGreaterThan(seen.asked / 2)
  expect(seen.megabytes).toBeLessThan(1_000)
  expect(process.hasEnded).toBe(false)
})
