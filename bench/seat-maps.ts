import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { codedSeatLayoutPath, SEAT_LAYOUTS_FOLDER, seatLayoutHash } from '@karcis/kit/contracts/seat-layouts'
import { newId } from '@karcis/kit/ids'
import type { ServiceClient } from '@karcis/kit/service-client'
import { createServiceTokens, SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { SECRET, tellEvent, viewer } from './event-on-sale.ts'
import { startTicketServer } from './ticket-server.ts'

const SECTIONS = 60
const ROWS = 25
const SEATS_PER_ROW = 40

const AS_OBJECTS = 'seats { id section row number label status x y accessible }'

/**
 * A stadium of 60,000 seats on the wire, curved rows in sixty blocks around a field: what a page needs to draw it, by its geometry and
 * statuses, beside the same seats as JSON objects. Bytes as they leave, and as gzip has them; time from asking to having, of which most
 * is the server's.
 */
export async function benchSeatMaps(rounds: number): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const { subgraph, api } = await startTicketServer(undo)
  const organizer = viewer('ORGANIZER')
  const eventId = await tellEvent(subgraph.url, organizer.id)
  const hash = await drawStadium(api, organizer, eventId)
  const token = await createServiceTokens(SECRET, 'router').to('ticket').sign(null)
  const ask = async (fields: string): Promise<Buffer> => {
    const answer = await fetch(`${subgraph.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SERVICE_TOKEN_HEADER]: token },
      body: JSON.stringify({
        query: `query ($eventId: ID!) { seatMap(eventId: $eventId) { revision ${fields} } }`,
        variables: { eventId },
      }),
    })
    return Buffer.from(await answer.arrayBuffer())
  }
  const geometry = async (): Promise<Buffer> => {
    const url = subgraph.url + codedSeatLayoutPath(hash, 'br')
    return Buffer.from(await (await fetch(url, { headers: { [SERVICE_TOKEN_HEADER]: token } })).arrayBuffer())
  }
  const ways = [
    { name: 'all seats as JSON objects', get: () => ask(AS_OBJECTS), plain: (body: Buffer) => body },
    {
      name: 'geometry, once and for ever (brotli)',
      get: geometry,
      plain: (body: Buffer) => brotliDecompressSync(body),
    },
    { name: 'statuses', get: () => ask('statuses'), plain: (body: Buffer) => body },
  ]
  const times = ways.map((): number[] => [])
  const bodies: Buffer[] = []
  for (let round = -1; round < rounds; round++)
    for (const [at, { get }] of ways.entries()) {
      const started = performance.now()
      bodies[at] = await get()
      if (round >= 0) times[at]?.push(performance.now() - started)
    }
  const seats = JSON.parse(bodies[0]?.toString() ?? '').data.seatMap.seats.length
  console.log(`\nA map of ${seats.toLocaleString('en')} seats on the wire: ${rounds} interleaved rounds`)
  const whole = bodies[0]?.length ?? 0
  const wholeGzip = gzipSync(bodies[0] ?? '').length
  for (const [at, { name, plain }] of ways.entries()) {
    const sent = bodies[at] ?? Buffer.alloc(0)
    const text = plain(sent)
    const packed = gzipSync(text).length
    const sorted = (times[at] ?? []).toSorted((a, b) => a - b)
    const ms = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
    console.log(
      `  ${name.padEnd(38)} ${kB(sent.length)} sent (1/${ratio(whole, sent.length)})  ${kB(text.length)} as JSON (1/${ratio(whole, text.length)})` +
        `  ${kB(packed)} in gzip (1/${ratio(wholeGzip, packed)})  ${ms.toFixed(1).padStart(7)} ms`,
    )
  }
}

/** Gives an event the map of the stadium. @returns the hash of its geometry. */
async function drawStadium(api: ServiceClient, organizer: Viewer, eventId: string): Promise<string> {
  const mutate = async (operation: string, input: object): Promise<Record<string, string>> => {
    const data = await api.query<Record<string, Record<string, string>>>(operation, { input }, organizer)
    return Object.values(data)[0] ?? {}
  }
  await mutate('mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }', {
    eventId,
    name: 'Stadium',
    kind: 'PAID',
    price: 1_000,
    quota: 1,
  })
  const { id: layoutId } = await mutate(
    'mutation ($input: SaveSeatLayoutInput!) { saveSeatLayout(input: $input) { id } }',
    {
      roomId: newId(),
      name: 'Stadium',
      layout: stadium(),
    },
  )
  await api.query('mutation ($id: ID!) { publishSeatLayout(id: $id) { id } }', { id: layoutId }, organizer)
  const { layoutUrl = '' } = await mutate(
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { layoutUrl } }',
    { eventId, layoutId },
  )
  return seatLayoutHash(layoutUrl.slice(SEAT_LAYOUTS_FOLDER.length)) ?? ''
}

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(1).padStart(8)} kB`
const ratio = (whole: number, part: number): string => (whole / part).toFixed(0)

/** Blocks around a field, each turned towards its middle, of curved rows with an aisle. */
const stadium = () => ({
  format: 'karcis-seat-layout/1',
  seatSize: 20,
  focal: { x: 0, y: 0 },
  sections: Array.from({ length: SECTIONS }, (_, at) => {
    const [turn, ring] = [at % 20, Math.floor(at / 20)]
    const angle = (turn / 20) * 2 * Math.PI
    const distance = 4_000 + ring * 800
    return {
      name: `Block ${at + 1}`,
      origin: { x: Math.round(distance * Math.sin(angle)), y: Math.round(distance * -Math.cos(angle)) },
      rotation: Math.round((turn / 20) * 360) - 180,
      rows: [
        { rows: ROWS, seats: SEATS_PER_ROW, pitch: 28, radius: 4_000, gaps: [{ after: SEATS_PER_ROW / 2 }] },
      ],
    }
  }),
})
