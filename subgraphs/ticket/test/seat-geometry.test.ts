import { gunzipSync, brotliDecompressSync } from 'node:zlib'
import { codedSeatLayoutPath, seatLayoutHash } from '@karcis/kit/contracts/seat-layouts'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER } from '@karcis/kit/service-token'
import { person, tokenOf } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import type { Geometry } from '../src/domain/seat-map/geometry.ts'
import { drawing, ownRoom, publishedLayout } from './layouts.ts'
import { type Story, startStory } from './stories.ts'

const MAP = `query ($eventId: ID!) { seatMap(eventId: $eventId) { revision layoutId layoutUrl statuses
  seats { id section row number label x y status accessible } } }`
const CREATE = 'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { layoutUrl } }'
const UPDATE =
  'mutation ($input: UpdateSeatMapInput!) { updateSeatMap(input: $input) { layoutUrl revision } }'
const CHANGES = `subscription ($eventId: ID!, $since: Int) { seatMapChanged(eventId: $eventId, sinceRevision: $since) {
  revision snapshot layoutUrl statuses delta } }`

const STATUSES = ['AVAILABLE', 'HELD', 'SOLD', 'BLOCKED']

/** As docs/seat-maps.md tells a client to. */
function unpack(statuses: string, count: number): string[] {
  const bytes = Buffer.from(statuses, 'base64')
  expect(bytes).toHaveLength(Math.ceil(count / 4))
  return Array.from(
    { length: count },
    (_, at) => STATUSES[((bytes[at >> 2] ?? 0) >> (6 - 2 * (at % 4))) & 3] ?? '',
  )
}

function unpackDelta(delta: string): [index: number, status: string][] {
  const bytes = Buffer.from(delta, 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, at) => {
    const word = bytes.readUInt32BE(at * 4)
    return [word >>> 2, STATUSES[word & 3] ?? '']
  })
}

/** Every seat of a geometry, in order, as a client draws it. */
const drawn = ({ sections }: Geometry) =>
  sections.flatMap(({ name, rows }) =>
    rows.flatMap((row) => {
      const of = (list: typeof row.x, at: number): number =>
        Array.isArray(list) ? (list[at] ?? NaN) : list.from + at * list.step
      return Array.from({ length: row.count }, (_, at) => ({
        section: name,
        row: row.label,
        number: of(row.numbers, at),
        label: row.labels?.[at] ?? String(of(row.numbers, at)),
        x: of(row.x, at),
        y: of(row.y, at),
        accessible: row.accessible?.includes(at) ?? false,
      }))
    }),
  )

/** The file at a `layoutUrl`, as the router fetches it. */
async function fetchGeometry(
  { subgraph }: Story,
  layoutUrl: string,
  coding: 'br' | 'gzip' = 'br',
): Promise<Geometry> {
  const hash = seatLayoutHash(layoutUrl.slice('/seat-layouts/'.length))
  const answer = await fetch(subgraph.url + codedSeatLayoutPath(hash ?? '', coding), {
    headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'ticket') },
  })
  expect(answer.status).toBe(200)
  const body = Buffer.from(await answer.arrayBuffer())
  return JSON.parse((coding === 'br' ? brotliDecompressSync(body) : gunzipSync(body)).toString())
}

describe('a map for whoever draws it', () => {
  it('has its geometry once, the same as its seats in their order, and their statuses as one text', async () => {
    await using story = await startStory()
    const roomId = ownRoom(story)
    const outline = [0, 1, 2].map((at) => ({ x: at * 100, y: at === 1 ? -100 : -50 }))
    const layout = drawing({
      stage: { outline, label: 'Panggung' },
      floors: [{ id: '1', name: 'Ground' }],
      sections: [
        {
          name: 'Stalls',
          floor: '1',
          rotation: 10,
          outline,
          rows: [{ rows: 3, seats: 7, radius: 300, gaps: [{ after: 3 }], numbering: { from: 'right' } }],
          accessible: [{ row: 'B', seats: [1] }],
          blocked: [{ row: 'C', seats: [7] }],
        },
        {
          name: 'Tables',
          origin: { x: 900, y: 900 },
          tables: [{ label: 'T', x: 0, y: 0, seats: 2, seatLabels: ['a', 'b'] }],
        },
      ],
      labels: [{ text: 'Exit', x: 0, y: 2_000 }],
    })
    const layoutId = await publishedLayout(story, roomId, layout)
    const eventId = await story.event({ roomId })
    await story.ticketType(eventId)
    await story.mustAsk(story.organizer, CREATE, { input: { eventId, layoutId } })
    const { seatMap } = await story.mustAsk(null, MAP, { eventId })
    const buyer = await story.holdSeats(person(), eventId, [seatMap.seats[3].id, seatMap.seats[4].id])
    expect(buyer.code).toBeUndefined()
    const now = (await story.mustAsk(null, MAP, { eventId })).seatMap
    expect(now).toMatchObject({ layoutId, layoutUrl: seatMap.layoutUrl })
    const geometry = await fetchGeometry(story, now.layoutUrl)
    expect(await fetchGeometry(story, now.layoutUrl, 'gzip')).toEqual(geometry)
    expect(drawn(geometry)).toEqual(
      now.seats.map(({ id: _, status: __, ...seat }: { id: string; status: string }) => seat),
    )
    expect(geometry).toMatchObject({
      seatCount: 23,
      stage: { label: 'Panggung' },
      labels: [{ text: 'Exit' }],
      sections: [
        { floor: '1', rows: [{ gaps: [3] }, { accessible: [6] }, {}] },
        { tables: [{ label: 'T', x: 900, y: 900 }], rows: [{ labels: ['a', 'b'] }] },
      ],
    })
    const { x, y, width, height } = geometry.bounds
    for (const seat of drawn(geometry))
      expect(seat.x >= x && seat.x <= x + width && seat.y >= y && seat.y <= y + height).toBe(true)
    expect(unpack(now.statuses, 23)).toEqual(now.seats.map((seat: { status: string }) => seat.status))
    expect(unpack(now.statuses, 23).slice(2, 5)).toEqual(['AVAILABLE', 'HELD', 'HELD'])

    const at =
      'query ($eventId: ID!, $indices: [Int!]!) { seatMap(eventId: $eventId) { seatsAt(indices: $indices) { id } } }'
    expect((await story.mustAsk(null, at, { eventId, indices: [22, 0, 23, -1] })).seatMap.seatsAt).toEqual([
      { id: now.seats[22].id },
      { id: now.seats[0].id },
      null,
      null,
    ])
    const many = Array.from({ length: 501 }, () => 0)
    expect((await story.ask(null, at, { eventId, indices: many })).code).toBe('BAD_USER_INPUT')
  })

  it('shares its geometry with maps that look alike, and has another when it is corrected', async () => {
    await using story = await startStory()
    const [one, two] = [await story.hall(2, 5), await story.hall(2, 5)]
    const urlOf = async (eventId: string) => (await story.mustAsk(null, MAP, { eventId })).seatMap.layoutUrl
    const url = await urlOf(one.eventId)
    expect(await urlOf(two.eventId)).toBe(url)
    const sections = [{ name: 'Stalls', ticketTypeId: one.typeId, rows: 3, seatsPerRow: 5 }]
    const { updateSeatMap } = await story.mustAsk(story.organizer, UPDATE, {
      input: { eventId: one.eventId, sections },
    })
    expect(updateSeatMap.layoutUrl).not.toBe(url)
    const map = (await story.mustAsk(null, MAP, { eventId: one.eventId })).seatMap
    expect(unpack(map.statuses, 15)).toEqual(map.seats.map((seat: { status: string }) => seat.status))
    expect(drawn(await fetchGeometry(story, map.layoutUrl))).toHaveLength(15)
    expect(drawn(await fetchGeometry(story, url))).toHaveLength(10) // for ever

    // A map from before there were geometries has the one that it would have had.
    await story.sql(`UPDATE seat_maps SET geometry_hash = NULL WHERE event_id = '${two.eventId}'`)
    expect(await urlOf(two.eventId)).toBe(url)
    const token = { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'ticket') }
    for (const name of ['x', `${'A'.repeat(43)}.json.br`, `${'A'.repeat(43)}.json`])
      expect((await fetch(`${story.subgraph.url}/seat-layouts/${name}`, { headers: token })).status).toBe(404)
  })

  it('tells of changes in a few bytes, and of a hold past its time as free', async () => {
    await using story = await startStory({ LIVE_POLL_MS: '50' })
    const { eventId, typeId, seat, seats } = await story.hall(2, 10)
    const watch = await story.watch(CHANGES, { eventId, since: 1 })
    const whole = await story.watch(CHANGES, { eventId, since: 0 })
    const { seatMapChanged: first } = (await whole.until(() => true)).data
    expect(first).toMatchObject({ snapshot: true, delta: null })
    const indexOf = (label: string) => seats.findIndex(({ id }) => id === seat(label))
    const siti = person()
    const { id } = (await story.holdSeats(siti, eventId, [seat('A1'), seat('B10')])).data.holdSeats
    const { seatMapChanged: held } = (await watch.until(({ data }) => data.seatMapChanged.revision === 2))
      .data
    expect(held.delta).toHaveLength(12) // 8 bytes
    expect(unpackDelta(held.delta).sort(([a], [b]) => a - b)).toEqual([
      [indexOf('A1'), 'HELD'],
      [indexOf('B10'), 'HELD'],
    ])
    const local = unpack(first.statuses, 20)
    for (const [index, status] of unpackDelta(held.delta)) local[index] = status
    expect(local).toEqual(unpack(held.statuses, 20))
    expect(held.layoutUrl).toBe(first.layoutUrl)

    const statuses = async () => unpack((await story.mustAsk(null, MAP, { eventId })).seatMap.statuses, 20)
    expect(await statuses()).toEqual(local)
    const bookingId = newId()
    await story.booking.bind(siti, id, bookingId)
    await story.booking.issue(bookingId)
    const { id: late } = (await story.holdSeats(person(), eventId, [seat('A10')])).data.holdSeats
    expect((await statuses())[indexOf('A10')]).toBe('HELD')
    await story.lapse(late)
    expect((await statuses()).filter((status) => status !== 'AVAILABLE')).toEqual(['SOLD', 'SOLD'])

    // Drawn anew, it is a snapshot with another geometry, whatever watchers had.
    const sections = [
      { name: 'Stalls', ticketTypeId: typeId, rows: 3, seatsPerRow: 10, origin: { x: -5, y: 0 } },
    ]
    const { updateSeatMap } = await story.mustAsk(story.organizer, UPDATE, { input: { eventId, sections } })
    const told = await watch.until(({ data }) => data.seatMapChanged.revision === updateSeatMap.revision)
    expect(told.data.seatMapChanged).toMatchObject({
      snapshot: true,
      delta: null,
      layoutUrl: updateSeatMap.layoutUrl,
    })
    expect(unpack(told.data.seatMapChanged.statuses, 30).filter((status) => status === 'SOLD')).toHaveLength(
      2,
    )
  })
})
