import { createHash } from 'node:crypto'
import { MAILED_TICKET, mailedTicket } from '@karcis/kit/contracts/mailed-ticket'
import { TICKET_FILES } from '@karcis/kit/contracts/ticket-files'
import { newId } from '@karcis/kit/ids'
import { type Bearer, SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { gql } from '@karcis/testkit/gql'
import { person, scanner, tokenOf } from '@karcis/testkit/people'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ticketSettings } from '../src/env.ts'
import { checkIn, createDevice, eventWithTicket, issue } from './doors.ts'
import { readTicketPdf } from './read-ticket-pdf.ts'
import { type Process, type Story, startStory } from './stories.ts'
import { appleCertificates, filesOf, isSignedBy, serviceAccount } from './wallets.ts'

const apple = appleCertificates()
const google = serviceAccount()
const WALLETS = {
  APPLE_PASS_TYPE_ID: 'pass.test.karcis',
  APPLE_TEAM_ID: 'A1B2C3D4E5',
  APPLE_PASS_CERTIFICATE: Buffer.from(apple.certificate).toString('base64'),
  APPLE_PASS_KEY: apple.privateKey,
  APPLE_WWDR_CERTIFICATE: apple.wwdrCertificate,
  GOOGLE_WALLET_ISSUER_ID: '3388000000012345678',
  GOOGLE_WALLET_SERVICE_ACCOUNT: JSON.stringify(google.account),
}

let story: Story
const stack = new AsyncDisposableStack()

beforeAll(async () => {
  story = stack.use(await startStory(WALLETS))
})

afterAll(() => stack.disposeAsync())

const PLACE = {
  name: 'Gelora Bung Karno',
  room: 'Istora; Hall 1',
  address: 'Jl. Pintu Satu, Senayan',
  city: 'Jakarta',
  online: false,
}

/** An event with a place and an organizer, and a ticket of it. */
async function ticketOfEvent(facts: Record<string, unknown> = {}) {
  const sold = await eventWithTicket(story, facts)
  const { eventId, ticket } = sold
  story.neighbours.places.set(eventId, { id: eventId, ...PLACE })
  story.neighbours.names.set(story.organizer.id, 'PT Suara')
  story.neighbours.prices.set(ticket.id, { unitPrice: 125_000, currency: 'IDR' })
  return sold
}

const get = async (
  path: string,
  viewer: Bearer | null = null,
  headers: Record<string, string> = {},
  process: Process = story,
) =>
  fetch(process.subgraph.url + path, {
    headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(viewer, 'ticket'), ...headers },
  })

const bytesOf = async (response: Response): Promise<Buffer> => {
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

const refusalOf = async (response: Response) => {
  const { errors } = (await response.json()) as { errors: { extensions: Record<string, unknown> }[] }
  return [response.status, errors[0]?.extensions.code, errors[0]?.extensions.reason]
}

const URLS = 'pdfUrl calendarUrl passUrl googleWalletUrl'
const urlsOf = async (viewer: Viewer, id: string, fields = URLS, process: Process = story) =>
  (await process.ask(viewer, `query ($id: ID!) { ticket(id: $id) { ${fields} } }`, { id })).data.ticket

describe('a ticket on paper', () => {
  it('says what it admits to, in two languages, and has the code that the door scans', async () => {
    const startsAt = '2036-05-01T12:00:00Z'
    const { ticket, buyer } = await ticketOfEvent({ startsAt, endsAt: '2036-05-01T15:00:00Z' })
    const read = async (headers: Record<string, string>, query = '') =>
      readTicketPdf(await bytesOf(await get(`/tickets/${ticket.id}.pdf${query}`, buyer, headers)))
    const indonesian = await read({})
    expect(indonesian).toMatchObject({ pages: 1, code: ticket.code, language: 'id-ID' })
    const reference = `${ticket.id.slice(-8, -4)}-${ticket.id.slice(-4)}`.toUpperCase()
    expect(indonesian.title).toBe(`Tiket ${reference} · Laskar Pelangi`)
    expect(indonesian.author).toBe('PT Suara')
    for (const accepted of ['en', 'de, en-US;q=0.8, id;q=0.3'])
      expect((await read({ 'accept-language': accepted })).language).toBe('en-GB')
    expect((await read({ 'accept-language': 'en' }, '?lang=id')).language).toBe('id-ID')
    expect((await read({ 'accept-language': 'fr' })).language).toBe('id-ID')
  })

  it('is for its owner, the organizer and admins; by a link for whoever has that, for a while', async () => {
    const { ticket, buyer, eventId } = await ticketOfEvent()
    for (const file of Object.keys(TICKET_FILES)) {
      const path = `/tickets/${ticket.id}.${file}`
      for (const viewer of [buyer, story.organizer, story.admin]) {
        const response = await get(path, viewer)
        await bytesOf(response)
        expect(response.headers.get('content-type')).toBe(TICKET_FILES[file as keyof typeof TICKET_FILES])
        expect(response.headers.get('content-disposition')).toMatch(
          /^attachment; filename="ticket-[\dA-F]{4}-[\dA-F]{4}\.\w+"$/,
        )
      }
      expect(await refusalOf(await get(path, person({ role: 'ORGANIZER' })))).toEqual([
        403,
        'FORBIDDEN',
        undefined,
      ])
      expect(await refusalOf(await get(path))).toEqual([401, 'UNAUTHENTICATED', undefined])
      const { id } = (await createDevice(story, eventId)).data.createDoorDevice
      expect(await refusalOf(await get(path, scanner(id)))).toEqual([401, 'UNAUTHENTICATED', undefined])
      expect((await get(path.replace(ticket.id, newId()), buyer)).status).toBe(404)
    }
    const fields = 'id: pdfUrl en: pdfUrl(language: EN) calendarUrl passUrl'
    const links: Record<string, string> = await urlsOf(buyer, ticket.id, fields)
    for (const link of Object.values(links)) {
      expect(link).toMatch(/^\/tickets\/[\w.-]+\.(pdf|ics|pkpass)$/)
      await bytesOf(await get(link))
      expect((await get(link.replace('/tickets/', '/tickets/A'))).status).toBe(404)
    }
    expect(readTicketPdf(await bytesOf(await get(links.en ?? ''))).language).toBe('en-GB')
    const late = story.deps.ticketDocuments.links.sign(
      { id: ticket.id, language: 'EN' },
      new Date(Date.now() - 1),
    )
    expect((await get(`/tickets/${late}.pdf`)).status).toBe(404)
    for (const wrong of ['/tickets/', '/tickets/x.pdf', `/tickets/${ticket.id}`, `/tickets/${ticket.id}.png`])
      expect((await get(wrong, buyer)).status).toBe(404)
    // A scanner that reads a ticket is given no links.
    const { id: device } = (await createDevice(story, eventId)).data.createDoorDevice
    const scanned = await story.ask(
      scanner(device),
      `mutation ($input: CheckInInput!) { checkIn(input: $input) { status ${URLS} } }`,
      { input: { code: ticket.code, eventId } },
    )
    const none = { pdfUrl: null, calendarUrl: null, passUrl: null, googleWalletUrl: null }
    expect(scanned.data.checkIn).toEqual({ status: 'USED', ...none })
  })

  it('is none any more when it was refunded, handed on, is in dispute or called off; once used it is still one', async () => {
    const { ticket, buyer, eventId } = await ticketOfEvent()
    const { pdfUrl, passUrl } = await urlsOf(buyer, ticket.id)
    const expectWithheld = async (reason: string) => {
      for (const path of [pdfUrl, passUrl])
        expect(await refusalOf(await get(path))).toEqual([410, 'TICKET_INVALID', reason])
      expect(await refusalOf(await get(`/tickets/${ticket.id}.pdf`, buyer))).toEqual([
        410,
        'TICKET_INVALID',
        reason,
      ])
      const { calendarUrl, ...others } = await urlsOf(buyer, ticket.id)
      expect(others).toEqual({ pdfUrl: null, passUrl: null, googleWalletUrl: null })
      expect(await (await get(calendarUrl)).text()).toContain('\r\nSTATUS:CANCELLED\r\n')
    }
    await checkIn(story, story.organizer, { code: ticket.code, eventId })
    expect(readTicketPdf(await bytesOf(await get(pdfUrl))).code).toBe(ticket.code)
    const set = (what: string) => story.sql(`UPDATE tickets SET ${what} WHERE id = '${ticket.id}'`)
    for (const status of ['REFUNDED', 'CANCELLED', 'TRANSFERRED']) {
      await set(`status = '${status}'`)
      await expectWithheld(status)
    }
    await set("status = 'VALID', frozen = true")
    await expectWithheld('FROZEN')
    await set('frozen = false')
    await story.sql(`UPDATE event_copies SET status = 'CANCELLED' WHERE id = '${eventId}'`)
    await expectWithheld('CANCELLED')
  })

  it('goes with a mail to its owner, and to nobody else, as long as it admits somebody; only the user subgraph is told', async () => {
    const { ticket, buyer } = await ticketOfEvent()
    const ask = async (id: string, ownerId: string, service: 'user' | 'booking' = 'user') => {
      const headers = { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'ticket', service) }
      return (
        await gql(`${story.subgraph.url}/graphql`, MAILED_TICKET, { id, ownerId, language: 'EN' }, headers)
      ).body
    }
    const mailed = mailedTicket.parse((await ask(ticket.id, buyer.id)).data.mailedTicket)
    expect(readTicketPdf(Buffer.from(mailed.pdf, 'base64'))).toMatchObject({
      pages: 1,
      code: ticket.code,
      language: 'en-GB',
    })
    expect(Buffer.from(mailed.qrCode, 'base64').subarray(1, 4).toString()).toBe('PNG')
    expect(Buffer.from(mailed.calendar, 'base64').toString()).toMatch(/^BEGIN:VCALENDAR\r\n/)
    expect(mailed.reference).toMatch(/^[\dA-F]{4}-[\dA-F]{4}$/)
    for (const [id, ownerId] of [
      [ticket.id, newId()],
      [newId(), buyer.id],
    ] as const)
      expect((await ask(id, ownerId)).data.mailedTicket).toBeNull()
    expect((await ask(ticket.id, buyer.id, 'booking')).errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    await story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${ticket.id}'`)
    expect((await ask(ticket.id, buyer.id)).data.mailedTicket).toBeNull()
  })

  it('is not drawn while somebody who knows a part of it is away', async () => {
    const { ticket, buyer } = await ticketOfEvent()
    story.neighbours.away = true
    expect(await refusalOf(await get(`/tickets/${ticket.id}.pdf`, buyer))).toEqual([
      503,
      'SERVICE_UNAVAILABLE',
      undefined,
    ])
    story.neighbours.away = false
    await bytesOf(await get(`/tickets/${ticket.id}.pdf`, buyer))
  })
})

describe("a guest's ticket", () => {
  const guestOf = async (eventId: string, email: string) => {
    const { importGuests } = await story.mustAsk(
      story.organizer,
      'mutation ($input: ImportGuestsInput!) { importGuests(input: $input) { id code } }',
      { input: { eventId, csv: `name,email\nSiti,${email}` } },
    )
    return importGuests[0] as { id: string; code: string }
  }
  const newcomer = () => {
    const guest = person()
    const email = `${guest.id}@karcis.test`
    story.neighbours.users.set(email, guest.id)
    return { guest, email }
  }
  const passOf = async (id: string, viewer: Viewer) =>
    filesOf(await bytesOf(await get(`/tickets/${id}.pkpass?lang=en`, viewer)))
      .get('pass.json')
      ?.toString() ?? ''

  it('is drawn without a price, is handed on and says who comes as any other, but is not given back for money', async () => {
    const { eventId, ticket, buyer } = await ticketOfEvent()
    const { guest, email } = newcomer()
    const { id, code } = await guestOf(eventId, email)
    expect(readTicketPdf(await bytesOf(await get(`/tickets/${id}.pdf`, guest)))).toMatchObject({
      pages: 1,
      code,
    })
    expect(await passOf(ticket.id, buyer)).toContain('125,000')
    expect(await passOf(id, guest)).not.toMatch(/price/i)

    await story.mustAsk(
      story.organizer,
      'mutation ($input: SetResaleInput!) { setResale(input: $input) { id } }',
      { input: { eventId, untilHoursBeforeStart: 2 } },
    )
    const OFFER = 'mutation ($id: ID!) { offerForResale(ticketId: $id) { offeredAt } }'
    expect((await story.ask(buyer, OFFER, { id: ticket.id })).data.offerForResale.offeredAt).not.toBeNull()
    const refused = await story.ask(guest, OFFER, { id })
    expect([refused.code, refused.errors[0]?.message]).toEqual([
      'CONFLICT',
      'Nobody has paid for this ticket, so there is no money to give back.',
    ])

    const COMES = `mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { attendee { name } } }`
    const comes = await story.mustAsk(guest, COMES, { input: { ticketId: id, name: 'Wati' } })
    expect(comes.setAttendee.attendee).toEqual({ name: 'Wati' })
    const friend = newcomer()
    const HAND_ON =
      'mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { status } }'
    const handed = await story.mustAsk(guest, HAND_ON, { id, email: friend.email })
    expect(handed.transferTicket.status).toBe('TRANSFERRED')
    const { myTickets } = await story.mustAsk(
      friend.guest,
      '{ myTickets { edges { node { id code attendee { name } owner { id } } } } }',
    )
    const [{ node: theirs }] = myTickets.edges
    expect(theirs).toMatchObject({ attendee: null, owner: { id: friend.guest.id } })
    expect((await story.ask(friend.guest, OFFER, { id: theirs.id })).code).toBe('CONFLICT')
    expect(await passOf(theirs.id, friend.guest)).not.toMatch(/price/i)
    expect((await checkIn(story, story.organizer, { code, eventId })).facts.reason).toBe('TRANSFERRED')
    const scan = await checkIn(story, story.organizer, { code: theirs.code, eventId })
    expect(scan.data.checkIn).toMatchObject({ status: 'USED', owner: { id: friend.guest.id } })
  })

  it('of an event that was called off admits nobody, though no booking ends it, and is no document', async () => {
    const { eventId } = await ticketOfEvent()
    const { guest, email } = newcomer()
    const { id, code } = await guestOf(eventId, email)
    const told = story.neighbours.events.get(eventId)
    await story.tellOfEvent({ ...told, id: eventId, version: 2, status: 'CANCELLED' } as { id: string })
    const scan = await checkIn(story, story.organizer, { code, eventId })
    expect([scan.code, scan.facts.reason]).toEqual(['TICKET_INVALID', 'CANCELLED'])
    expect(await refusalOf(await get(`/tickets/${id}.pdf`, guest))).toEqual([
      410,
      'TICKET_INVALID',
      'CANCELLED',
    ])
  })
})

describe('a ticket in a calendar', () => {
  it('keeps its UID, and is moved when its event is', async () => {
    const facts = { startsAt: '2036-05-01T12:00:00Z', endsAt: '2036-05-01T15:00:00Z' }
    const { ticket, buyer, eventId } = await ticketOfEvent({ ...facts, title: 'Musik; malam, satu\\dua' })
    const read = async () => (await bytesOf(await get(`/tickets/${ticket.id}.ics?lang=en`, buyer))).toString()
    const before = await read()
    expect(before).toContain('\r\nSUMMARY:Musik\\; malam\\, satu\\\\dua\r\n')
    expect(before).toContain('\r\nDTSTART:20360501T120000Z\r\nDTEND:20360501T150000Z\r\n')
    expect(before.replaceAll('\r\n ', '')).toContain(
      '\r\nLOCATION:Gelora Bung Karno\\, Istora\\; Hall 1\\, Jl. Pintu Satu\\, Senayan\\, Jakarta\r\n',
    )
    expect(before).toContain('\r\nSTATUS:CONFIRMED\r\n')
    expect(before).not.toContain(ticket.code.slice(0, 40))
    const told = story.neighbours.events.get(eventId)
    await story.tellOfEvent({
      ...told,
      id: eventId,
      version: 2,
      startsAt: '2036-06-01T12:00:00Z',
      endsAt: '2036-06-01T15:00:00Z',
    } as { id: string })
    const after = await read()
    const of = (name: string, text: string) => new RegExp(`\r\n${name}:(.*)\r\n`).exec(text)?.[1] ?? ''
    expect(of('UID', after)).toBe(of('UID', before))
    expect(of('DTSTART', after)).toBe('20360601T120000Z')
    expect(Number(of('SEQUENCE', after))).toBeGreaterThan(Number(of('SEQUENCE', before)))
    await story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${ticket.id}'`)
    expect(Number(of('SEQUENCE', await read()))).toBeGreaterThan(Number(of('SEQUENCE', after)))
  })
})

describe('a calendar of all that somebody holds tickets for', () => {
  const FEED = '{ calendarFeed { url(language: EN) createdAt } }'
  const RESET = 'mutation { resetCalendarFeed { url(language: EN) } }'
  const feedOf = async (viewer: Viewer): Promise<string> =>
    (await story.mustAsk(viewer, FEED)).calendarFeed.url
  const read = async (path: string) => {
    const text = (await bytesOf(await get(path))).toString()
    for (const line of text.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
    return text.replaceAll('\r\n ', '')
  }
  const said = (name: string, text: string) => new RegExp(`\r\n${name}:(.*)\r\n`).exec(text)?.[1] ?? ''
  const entryOf = (eventId: string, text: string) =>
    text.split('BEGIN:VEVENT').find((entry) => entry.includes(`UID:${eventId}@tickets.karcis`)) ?? ''

  it('has one entry for each event, with all seats, and leaves out what was given back or handed on', async () => {
    const buyer = person()
    const hall = await story.hall(1, 4, {
      title: 'Konser',
      startsAt: '2036-05-01T12:00:00Z',
      endsAt: '2036-05-01T15:00:00Z',
    })
    const bookingId = newId()
    const { data } = await story.holdSeats(buyer, hall.eventId, [hall.seat('A1'), hall.seat('A2')])
    await story.booking.bind(buyer, data.holdSeats.id, bookingId)
    const [first] = (await story.booking.issue(bookingId)).data.issueTickets.ticketIds
    const film = await story.event({ title: 'Film' })
    const { ticket: other } = await issue(story, await story.ticketType(film), { buyer })
    story.neighbours.calendars.set(hall.eventId, {
      place: 'Gelora, Jakarta',
      latitude: -6.2185,
      longitude: 106.8018,
    })

    const url = await feedOf(buyer)
    expect(url).toMatch(/^\/calendar\/feed\/[\w-]{43}\.ics\?lang=en$/)
    expect(await feedOf(buyer)).toBe(url)
    const text = await read(url)
    expect(said('X-WR-CALNAME', text)).toBe('My tickets')
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(2)
    const konser = entryOf(hall.eventId, text)
    expect(said('DTSTART', konser)).toBe('20360501T120000Z')
    expect(said('LOCATION', konser)).toBe('Gelora\\, Jakarta')
    expect(said('GEO', konser)).toBe('-6.2185;106.8018')
    expect(said('DESCRIPTION', konser)).toBe(
      'When: Thursday\\, 1 May 2036\\, 19:00–22:00 GMT+7\\nSeat\\, Stalls\\, Row A\\, Seat 1\\nSeat\\, Stalls\\, Row A\\, Seat 2',
    )
    expect(await read(url.replace('=en', '=id'))).toContain('\r\nX-WR-CALNAME:Tiket saya\r\n')

    const before = (await get(url)).headers.get('etag')
    expect((await get(url)).headers.get('etag')).toBe(before)
    await story.sql(
      `UPDATE tickets SET status = 'REFUNDED', updated_at = now() WHERE id IN ('${first}', '${other.id}')`,
    )
    const after = await get(url)
    expect(after.headers.get('etag')).not.toBe(before)
    const left = await read(url)
    expect(entryOf(film, left)).toBe('')
    expect(said('DESCRIPTION', entryOf(hall.eventId, left))).toMatch(/\\nSeat\\, Stalls\\, Row A\\, Seat 2$/)
    expect(left).not.toContain('Seat 1')
    await story.sql(`UPDATE tickets SET frozen = true WHERE owner_id = '${buyer.id}'`)
    expect(await read(url)).not.toContain('BEGIN:VEVENT')
  })

  it('tells of what was moved and called off', async () => {
    const { eventId, buyer, ticket } = await ticketOfEvent()
    const url = await feedOf(buyer)
    const before = entryOf(eventId, await read(url))
    story.neighbours.calendars.set(eventId, {
      version: 2,
      startsAt: '2036-06-01T12:00:00Z',
      endsAt: '2036-06-01T15:00:00Z',
      rescheduledAt: '2036-04-01T05:00:00Z',
    })
    const moved = entryOf(eventId, await read(url))
    expect([said('UID', moved), said('DTSTART', moved)]).toEqual([said('UID', before), '20360601T120000Z'])
    expect(Number(said('SEQUENCE', moved))).toBeGreaterThan(Number(said('SEQUENCE', before)))
    expect(said('DESCRIPTION', moved)).toMatch(
      /^Moved to another time on 1 April 2036 at 12:00: mind the new one\./,
    )
    expect(said('STATUS', moved)).toBe('CONFIRMED')

    const told = story.neighbours.events.get(eventId)
    await story.tellOfEvent({ ...told, id: eventId, version: 3, status: 'CANCELLED' } as { id: string })
    await story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${ticket.id}'`)
    story.neighbours.calendars.set(eventId, {
      version: 3,
      status: 'CANCELLED',
      cancellationReason: 'Rain; all day',
    })
    const off = entryOf(eventId, await read(url))
    expect([said('STATUS', off), said('TRANSP', off)]).toEqual(['CANCELLED', 'TRANSPARENT'])
    expect(said('DESCRIPTION', off)).toMatch(/^This event was called off\. Rain\\; all day\\n/)
  })

  it('is by a link that another one ends, of which the database has none, and which goes with the account', async () => {
    const buyer = person()
    const [url, again] = await Promise.all([feedOf(buyer), feedOf(buyer)])
    expect(again).toBe(url)
    const guest = person({ role: 'GUEST' })
    expect(await feedOf(guest)).not.toBe(url)
    for (const anybody of [null, scanner(newId())])
      expect((await story.ask(anybody, FEED)).code).toBe('UNAUTHENTICATED')

    const token = (path: string) => /feed\/([\w-]+)\.ics/.exec(path)?.[1] ?? ''
    const rows = await story.sql<{ whole: string }>('SELECT to_jsonb(f)::text AS whole FROM calendar_feeds f')
    for (const { whole } of rows) {
      expect(whole).not.toContain(token(url))
      expect(whole).not.toContain(Buffer.from(token(url)).toString('hex'))
    }
    const next = (await story.mustAsk(buyer, RESET)).resetCalendarFeed.url
    expect(next).not.toBe(url)
    expect(await feedOf(buyer)).toBe(next)
    const wrong = url.replace(token(url), token(url).replaceAll(/[a-z]/g, 'x'))
    const refusals = await Promise.all(
      [url, wrong, '/calendar/feed/x.ics', '/calendar/feed/'].map(async (path) => {
        const { errors } = (await (await get(path)).json()) as { errors: { message: string }[] }
        return errors.map(({ message }) => message)
      }),
    )
    expect(new Set(refusals.map((each) => JSON.stringify(each))).size).toBe(1)
    expect((await get(url)).status).toBe(404)
    await bytesOf(await get(next))

    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: buyer.id,
      payload: { userId: buyer.id, role: 'CUSTOMER', suspended: true, erased: true },
    })
    expect((await get(next)).status).toBe(404)
    await bytesOf(await get(await feedOf(guest)))
  })

  it('is not made more often than a calendar asks, nor while nobody knows the events', async () => {
    const { buyer } = await ticketOfEvent()
    const url = await feedOf(buyer)
    story.neighbours.away = true
    expect((await refusalOf(await get(url)))[0]).toBe(503)
    story.neighbours.away = false
    await story.deps.redis.set(`calendar-feed-reads:${buyer.id}`, 119)
    await bytesOf(await get(url))
    expect((await refusalOf(await get(url))).slice(0, 2)).toEqual([429, 'RATE_LIMITED'])
  })
})

describe('a pass for Apple Wallet', () => {
  it('is signed by the certificate of the settings, each file as the manifest says, and has the code of the door', async () => {
    const { ticket, buyer, eventId } = await ticketOfEvent()
    const files = filesOf(await bytesOf(await get(`/tickets/${ticket.id}.pkpass?lang=en`, buyer)))
    const [manifest, signature] = [files.get('manifest.json'), files.get('signature')] as [Buffer, Buffer]
    expect(isSignedBy(signature, manifest, apple.certificate)).toBe(true)
    expect(isSignedBy(signature, Buffer.from(`${manifest.toString()} `), apple.certificate)).toBe(false)
    expect(isSignedBy(signature, manifest, apple.wwdrCertificate)).toBe(false)
    const hashes = JSON.parse(manifest.toString()) as Record<string, string>
    const rest = [...files].filter(([name]) => name !== 'manifest.json' && name !== 'signature')
    expect(rest.map(([name]) => name)).toEqual(
      expect.arrayContaining(['pass.json', 'icon.png', 'icon@2x.png']),
    )
    const own = rest.map(([name, bytes]) => [name, createHash('sha1').update(bytes).digest('hex')])
    expect(hashes).toEqual(Object.fromEntries(own))
    const pass = JSON.parse(files.get('pass.json')?.toString() ?? '')
    expect(pass).toMatchObject({
      passTypeIdentifier: 'pass.test.karcis',
      teamIdentifier: 'A1B2C3D4E5',
      organizationName: 'PT Suara',
      serialNumber: ticket.id,
      barcodes: [{ format: 'PKBarcodeFormatQR', message: ticket.code, messageEncoding: 'iso-8859-1' }],
    })
    expect(pass.eventTicket.primaryFields).toMatchObject([{ value: 'Laskar Pelangi' }])
    expect(JSON.stringify(pass)).not.toContain('PRIVATE KEY')
    // What the pass shows is what the door takes.
    const { message } = pass.barcodes[0]
    expect((await checkIn(story, story.organizer, { code: message, eventId })).data.checkIn.id).toBe(
      ticket.id,
    )
  })

  it('is there only where the platform has a certificate, which must fit its key', async () => {
    const { ticket, buyer } = await ticketOfEvent()
    const without = await story.join(Object.fromEntries(Object.keys(WALLETS).map((name) => [name, ''])))
    const { pdfUrl, ...wallets } = await urlsOf(buyer, ticket.id, URLS, without)
    expect(wallets).toMatchObject({ passUrl: null, googleWalletUrl: null })
    await bytesOf(await get(pdfUrl, null, {}, without))
    expect((await get(`/tickets/${ticket.id}.pkpass`, buyer, {}, without)).status).toBe(404)

    const problemsOf = (change: Record<string, string>) => {
      const { error } = ticketSettings.safeParse({ ...story.settings, ...WALLETS, ...change })
      const text = JSON.stringify(error?.issues ?? [])
      for (const secret of [apple.privateKey, apple.strangeKey, google.account.private_key])
        for (const line of secret.split('\n').slice(1, -2)) expect(text).not.toContain(line)
      return error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
    }
    expect(problemsOf({})).toBeUndefined()
    expect(problemsOf({ APPLE_PASS_KEY: apple.strangeKey })).toEqual([
      'APPLE_PASS_CERTIFICATE has a key that is not the one of its certificate',
    ])
    expect(problemsOf({ APPLE_PASS_KEY: 'nonsense' })).toEqual([
      'APPLE_PASS_CERTIFICATE has a key that is none in PEM (RSA), or another passphrase',
    ])
    expect(problemsOf({ APPLE_WWDR_CERTIFICATE: apple.privateKey })).toEqual([
      'APPLE_PASS_CERTIFICATE has a WWDR certificate that is none in PEM',
    ])
    expect(problemsOf({ APPLE_TEAM_ID: '', GOOGLE_WALLET_ISSUER_ID: '' })).toEqual([
      'APPLE_TEAM_ID is needed with APPLE_PASS_TYPE_ID',
      'GOOGLE_WALLET_ISSUER_ID is needed with GOOGLE_WALLET_SERVICE_ACCOUNT',
    ])
    expect(
      problemsOf({ GOOGLE_WALLET_SERVICE_ACCOUNT: JSON.stringify({ ...google.account, private_key: 'x' }) }),
    ).toEqual([
      'GOOGLE_WALLET_SERVICE_ACCOUNT must be the JSON file of a service account, with its private key',
    ])
  })
})

describe('a ticket in Google Wallet', () => {
  const claimsOf = async (url: string) => {
    const [, jwt = ''] = url.split('https://pay.google.com/gp/v/save/')
    expect(jwt.length).toBeLessThanOrEqual(1_800)
    const { payload, protectedHeader } = await jwtVerify(jwt, google.publicKey, { audience: 'google' })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT' })
    return payload as { payload: { eventTicketClasses: object[]; eventTicketObjects: object[] } }
  }

  it('is saved by a link that the service account has signed: https://developers.google.com/wallet/reference/rest/v1/Jwt', async () => {
    const { ticket, buyer, eventId } = await ticketOfEvent({
      startsAt: '2036-05-01T12:00:00Z',
      endsAt: '2036-05-01T15:00:00Z',
      timezone: 'America/New_York',
    })
    const { googleWalletUrl } = await urlsOf(buyer, ticket.id, 'googleWalletUrl(language: EN)')
    const claims = await claimsOf(googleWalletUrl)
    const text = (value: string) => ({ defaultValue: { language: 'en', value } })
    const compact = (id: string) =>
      `3388000000012345678.${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}`
    const classId = compact(eventId)
    expect(claims).toMatchObject({
      iss: 'karcis@project.iam.gserviceaccount.com',
      typ: 'savetowallet',
      iat: expect.any(Number),
    })
    const reference = `${ticket.id.slice(-8, -4)}-${ticket.id.slice(-4)}`.toUpperCase()
    expect(claims.payload).toEqual({
      eventTicketClasses: [
        {
          id: classId,
          issuerName: 'PT Suara',
          reviewStatus: 'UNDER_REVIEW',
          eventName: text('Laskar Pelangi'),
          venue: { name: text('Gelora Bung Karno'), address: text('Jl. Pintu Satu, Senayan') },
          dateTime: { start: '2036-05-01T08:00:00-04:00', end: '2036-05-01T11:00:00-04:00' },
        },
      ],
      eventTicketObjects: [
        {
          id: compact(ticket.id),
          classId,
          state: 'ACTIVE',
          ticketNumber: reference,
          ticketType: text('Festival'),
          barcode: { type: 'QR_CODE', value: ticket.code, alternateText: reference },
        },
      ],
    })
  })

  it('has a link that no browser cuts off, however long the names', async () => {
    const { ticket, buyer, eventId } = await ticketOfEvent({ title: 'Pagelaran 東京 '.repeat(10) })
    const long = 'Gelanggang Olahraga dan Kebudayaan '.repeat(4)
    story.neighbours.places.set(eventId, { id: eventId, ...PLACE, name: long, address: long })
    const { googleWalletUrl } = await urlsOf(buyer, ticket.id, 'googleWalletUrl')
    expect((await claimsOf(googleWalletUrl)).payload.eventTicketObjects).toMatchObject([
      { barcode: { value: ticket.code } },
    ])
  })
})
