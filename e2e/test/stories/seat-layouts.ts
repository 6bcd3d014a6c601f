import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { approvedEvent, signInAdmin, signUp, signUpOrganizer, ticketType } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

/** As a browser would, without undoing any coding. */
async function get(url: string, headers: Record<string, string> = {}) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { headers }, resolve).on('error', reject).end()
  })
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
}

/** sells the seats of a drawing, and gives their geometry by the one port, for ever. */
export async function seatLayoutStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const eventId = await approvedEvent(karcis, admin, organizer)
  const { event } = await karcis.run('query ($id: ID!) { event(id: $id) { room { id } } }', { id: eventId })
  const layout = {
    format: 'karcis-seat-layout/1',
    sections: [
      {
        name: 'Stalls',
        rows: [{ rows: 20, seats: 30, radius: 900, pitch: 22 }],
        accessible: [{ row: 'A', seats: [1, 30] }],
      },
    ],
  }
  const SAVE =
    'mutation ($input: SaveSeatLayoutInput!) { saveSeatLayout(input: $input) { id version seatCount layout } }'
  const input = { roomId: event.room.id, name: 'Concert', layout }
  const rival = await signUpOrganizer(karcis, admin, 'Rival')
  expect((await karcis.attempt(SAVE, { input }, rival.token)).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const { saveSeatLayout: saved } = await karcis.run(SAVE, { input }, organizer.token)
  expect(saved).toMatchObject({
    version: 1,
    seatCount: 600,
    layout: { sections: [{ name: 'Stalls', rotation: 0 }] },
  })
  // In the document itself, too, as somebody would write it by hand.
  const inline = `mutation { saveSeatLayout(input: { roomId: "${event.room.id}", name: "Concert", layout: {
    format: "karcis-seat-layout/1", sections: [{ name: "Stalls", rows: [{ rows: 2, seats: 3 }] }] } }) { id seatCount } }`
  expect((await karcis.run(inline, {}, organizer.token)).saveSeatLayout).toEqual({
    id: saved.id,
    seatCount: 6,
  })
  await karcis.run(SAVE, { input }, organizer.token)
  const PUBLISH = 'mutation ($id: ID!) { publishSeatLayout(id: $id) { status } }'
  await karcis.run(PUBLISH, { id: saved.id }, organizer.token)
  await ticketType(karcis, organizer, eventId, { name: 'Seat', price: 100_000, quota: 1 })
  await karcis.run(
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }',
    { input: { eventId, layoutId: saved.id } },
    organizer.token,
  )
  const MAP =
    'query ($id: ID!) { seatMap(eventId: $id) { layoutUrl statuses seatsAt(indices: [0, 599]) { id label row } } }'
  const { seatMap } = await karcis.run(MAP, { id: eventId })
  expect(seatMap.seatsAt).toMatchObject([
    { row: 'A', label: '1' },
    { row: 'T', label: '30' },
  ])

  const url = karcis.url + seatMap.layoutUrl
  const plain = await get(url)
  expect(plain).toMatchObject({
    status: 200,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
    },
  })
  expect(plain.headers['content-encoding']).toBeUndefined()
  const geometry = JSON.parse(plain.body.toString())
  expect(geometry).toMatchObject({ format: 'karcis-seat-geometry/1', seatCount: 600, seatSize: 20 })
  const br = await get(url, { 'accept-encoding': 'gzip, deflate, br' })
  expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
  expect(JSON.parse(brotliDecompressSync(br.body).toString())).toEqual(geometry)
  const gzip = await get(url, { 'accept-encoding': 'gzip;q=1.0, br;q=0' })
  expect(gzip.headers['content-encoding']).toBe('gzip')
  expect(JSON.parse(gunzipSync(gzip.body).toString())).toEqual(geometry)
  const known = await get(url, { 'if-none-match': plain.headers.etag ?? '' })
  expect(known).toMatchObject({ status: 304, body: Buffer.alloc(0) })
  expect((await get(url.replace(/.{5}\.json/, 'AAAAA.json'))).status).toBe(404)
  expect((await get(`${karcis.url}/seat-layouts/../live`)).status).toBe(200) // a path of its own, not a file
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)

  const buyer = await signUp(karcis, 'Budi')
  const { holdSeats } = await karcis.run(
    'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { seats { label status } } }',
    { input: { eventId, seatIds: [seatMap.seatsAt[1].id] } },
    buyer.token,
  )
  expect(holdSeats.seats).toEqual([{ label: '30', status: 'HELD' }])
  const after = Buffer.from((await karcis.run(MAP, { id: eventId })).seatMap.statuses, 'base64')
  expect(after).toHaveLength(150)
  expect(after.at(-1)).toBe(1) // HELD, in the lowest bits of the last byte
  // What somebody has stays what it is, also through the supergraph.
  const UPDATE = 'mutation ($input: UpdateSeatMapInput!) { updateSeatMap(input: $input) { revision } }'
  const type = (
    await karcis.run('query ($id: ID!) { seatMap(eventId: $id) { sections { ticketType { id } } } }', {
      id: eventId,
    })
  ).seatMap.sections[0].ticketType.id
  const sections = [{ name: 'Stalls', ticketTypeId: type, rows: 20, seatsPerRow: 30 }]
  const refused = (await karcis.attempt(UPDATE, { input: { eventId, sections } }, organizer.token))
    .errors?.[0]?.extensions
  expect(refused).toMatchObject({
    code: 'SEATS_UNAVAILABLE',
    count: 1,
    seats: [{ id: seatMap.seatsAt[1].id, seat: 'Stalls T-30', status: 'HELD', change: 'MOVED' }],
  })

  // An organizer brings files: of what else is sold, and of guests. Who is a guest sees their ticket, and the organizer sees who comes.
  const { importTicketTypes } = await karcis.run(
    'mutation ($input: ImportTicketTypesInput!) { importTicketTypes(input: $input) { name price available } }',
    { input: { eventId, csv: 'Nama;Harga;Kuota\nLawn;Rp 75.000;10' } },
    organizer.token,
  )
  expect(importTicketTypes).toEqual([{ name: 'Lawn', price: 75_000, available: 10 }])
  const GUESTS =
    'mutation ($input: ImportGuestsInput!) { importGuests(input: $input) { id status owner { id } attendee { name } } }'
  const csv = `name,email,ticket type,section,row,seat\nBudi,${buyer.email},,Stalls,B,1\nAyu,ayu@karcis.test,Lawn,,,`
  const { importGuests } = await karcis.run(GUESTS, { input: { eventId, csv } }, organizer.token)
  expect(importGuests).toMatchObject([
    { status: 'VALID', owner: { id: buyer.id }, attendee: { name: 'Budi' } },
    { status: 'VALID', owner: null, attendee: { name: 'Ayu' } },
  ])
  const wrong = await karcis.attempt(GUESTS, { input: { eventId, csv: `${csv}\nX,nobody` } }, organizer.token)
  expect(wrong.errors?.[0]?.extensions?.fields).toContainEqual({
    path: 'input.csv.4.email',
    message: 'must be an e-mail address',
  })
  const { myTickets } = await karcis.run(
    '{ myTickets { edges { node { id seat { row label } } } } }',
    {},
    buyer.token,
  )
  expect(myTickets.edges).toEqual([{ node: { id: importGuests[0].id, seat: { row: 'B', label: '1' } } }])
  const { attendees } = await karcis.run(
    'query ($id: ID!) { attendees(eventId: $id) { edges { node { name email booking { id } } } } }',
    { id: eventId },
    organizer.token,
  )
  expect(attendees.edges.map(({ node }: { node: object }) => node)).toEqual(
    expect.arrayContaining([
      { name: 'Ayu', email: 'ayu@karcis.test', booking: null },
      { name: 'Budi', email: buyer.email, booking: null },
    ]),
  )
  const TICKETS =
    'query ($filter: TicketFilter) { tickets(filter: $filter) { totalCount edges { node { id } } } }'
  expect((await karcis.run(TICKETS, { filter: { eventId, ownerId: buyer.id } }, admin)).tickets).toEqual({
    totalCount: 1,
    edges: [{ node: { id: importGuests[0].id } }],
  })
  expect((await karcis.attempt(TICKETS, {}, organizer.token)).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')

  // A party looks for seats with room for a wheelchair, and takes them.
  const party = { eventId, quantity: 2, wheelchairs: 1 }
  const { bestSeats } = await karcis.run(
    'query ($input: HoldBestSeatsInput!) { bestSeats(input: $input) { together { total groups { seats { id row } } } } }',
    { input: party },
    buyer.token,
  )
  expect(bestSeats.together.total).toBe(200_000)
  const { holdBestSeats } = await karcis.run(
    'mutation ($input: HoldBestSeatsInput!) { holdBestSeats(input: $input) { seats { id row } } }',
    { input: party },
    buyer.token,
  )
  expect(holdBestSeats.seats).toEqual(bestSeats.together.groups[0].seats)
}
