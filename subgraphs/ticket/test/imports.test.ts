import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readMoment, readMoney } from '../src/domain/organizing/csv-cells.ts'
import { checkIn } from './doors.ts'
import { expectBooksToBalance, pileUp } from './races.ts'
import { type Story, startStory } from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const TYPES = `mutation ($input: ImportTicketTypesInput!) { importTicketTypes(input: $input) {
  id name kind price currency quota available maxPerUser saleStartsAt saleEndsAt section } }`

const importTypes = (eventId: string, csv: string, viewer = story.organizer) =>
  story.ask(viewer, TYPES, { input: { eventId, csv } })

/** What is said of a file that is refused. */
const said = ({
  code,
  facts,
}: {
  code: string | undefined
  facts: { fields?: { path: string; message: string }[] }
}) => (code === 'BAD_USER_INPUT' ? facts.fields?.map(({ path, message }) => `${path}: ${message}`) : code)

const typeNames = async (eventId: string): Promise<string[]> =>
  (
    await story.mustAsk(story.organizer, 'query ($id: ID!) { ticketTypesByEvent(eventId: $id) { name } }', {
      id: eventId,
    })
  ).ticketTypesByEvent.map(({ name }: { name: string }) => name)

describe('ticket types from a file', () => {
  it('are read as a spreadsheet in Indonesia writes them: semicolons, quotes, CRLF, a byte order mark', async () => {
    const eventId = await story.event()
    const csv = [
      '\ufeffNama;Jenis;Harga;Kuota;Mulai dijual;Maksimal per orang;Bagian',
      'Festival;;Rp 150.000,00;1000;01/11/2026 10:00;4;"Rumput; kiri"',
      '"Meja ""Depan""";berbayar;1.250.000;20;;;',
      'Anak;gratis;;50;;;',
      ';;;;;;',
      'Derma;Donasi;10000;5;;;',
    ].join('\r\n')
    const { data } = await importTypes(eventId, csv)
    expect(data.importTicketTypes).toMatchObject([
      {
        name: 'Festival',
        kind: 'PAID',
        price: 150_000,
        currency: 'IDR',
        quota: 1000,
        available: 1000,
        maxPerUser: 4,
        saleStartsAt: '2026-11-01T03:00:00.000Z',
        section: 'Rumput; kiri',
      },
      { name: 'Meja "Depan"', kind: 'PAID', price: 1_250_000, quota: 20 },
      { name: 'Anak', kind: 'FREE', price: 0, quota: 50 },
      { name: 'Derma', kind: 'DONATION', price: 10_000, quota: 5 },
    ])
    // The same file again is the same types; another line adds another one.
    const again = await importTypes(eventId, `${csv}\r\nLesehan;;5000;10;;;\r\n`)
    const ids = (answer: typeof again) => answer.data.importTicketTypes.map(({ id }: { id: string }) => id)
    expect(ids(again).slice(0, 4)).toEqual(data.importTicketTypes.map(({ id }: { id: string }) => id))
    expect(await typeNames(eventId)).toEqual(['Festival', 'Meja "Depan"', 'Anak', 'Derma', 'Lesehan'])
  })

  it('are all refused together, with every cell that is wrong', async () => {
    const eventId = await story.event({ currency: 'USD', capacity: 100 })
    const csv = `name,price,quota,kind,saleStartsAt
Good,12.50,10,,
,1,2,,
Bad,1.234,0,constructor,2026-02-30
good,x,10,,
Large,5,500,,
"Long
name",1,1,,,more`
    expect(said(await importTypes(eventId, csv))).toEqual(['input.csv.7: has more cells than the header'])
    expect(said(await importTypes(eventId, csv.replace(',,,more', ',,')))).toEqual([
      'input.csv.3.name: is needed',
      expect.stringMatching(/^input\.csv\.4\.kind: must be one of free, gratis, paid/),
      'input.csv.4.quota: must be a whole number from 1 to 10000000',
      'input.csv.4.saleStartsAt: must be a moment such as 2026-12-31 19:00 or 31/12/2026 19:00',
      'input.csv.5.price: must be an amount of USD such as 12.50',
      expect.stringMatching(/^input\.csv\.7\.name: /),
      'input.csv.5.name: is the same as in row 2',
    ])
    expect(said(await importTypes(eventId, 'name,price,quota\nGood,12.50,60\nLarge,5,41'))).toEqual([
      'input.csv.3.quota: must be at most 40: the room holds 100, and 60 are planned already',
    ])
    expect(await typeNames(eventId)).toEqual([])
    await importTypes(eventId, 'name,price,quota\nGood,12.50,60')
    expect(said(await importTypes(eventId, 'name\tprice\tquota\nGOOD\t12,5\t60'))).toBeUndefined()
    expect(said(await importTypes(eventId, 'name,price,quota\nGood,13,60'))).toEqual([
      'input.csv.2.price: is otherwise than the event has it: change Good by updateTicketType',
    ])
  })

  it('come in a file that is one, from whoever organizes the event', async () => {
    const eventId = await story.event()
    expect(said(await importTypes(eventId, ''))).toEqual([
      'input.csv.1.name: is missing in the header',
      'input.csv.1.quota: is missing in the header',
    ])
    expect(said(await importTypes(eventId, 'name,quota\n\n'))).toEqual([
      'input.csv: has nothing below its header',
    ])
    expect(said(await importTypes(eventId, 'name,quota,Nama,color\nA,1'))).toEqual([
      'input.csv.1.name: is there twice',
      'input.csv.1.color: is not known; there can be name, kind, price, quota, saleStartsAt, saleEndsAt, maxPerUser, section',
    ])
    expect(said(await importTypes(eventId, 'name,quota\nA,1\n"B,2\n'))).toEqual([
      'input.csv.3: has a quote that is not closed',
    ])
    expect(said(await importTypes(eventId, `name,quota\n${'x'.repeat(500_000)},1`))).toEqual([
      'input.csv: must have at most 500000 characters',
    ])
    const many = Array.from({ length: 101 }, (_, at) => `T${at},1`).join('\n')
    expect(said(await importTypes(eventId, `name,quota\n${many}`))).toEqual([
      'input.csv: must have at most 100 rows below its header',
    ])
    const csv = 'name,quota\nA,1'
    expect((await importTypes(eventId, csv, person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    expect((await importTypes(eventId, csv, person())).code).toBe('FORBIDDEN')
    expect((await importTypes(newId(), csv)).code).toBe('NOT_FOUND')
    expect((await importTypes(await story.event({ status: 'CANCELLED' }), csv)).code).toBe(
      'EVENT_NOT_BOOKABLE',
    )
    await importTypes(eventId, `name,quota\n${many.slice(0, many.lastIndexOf('\n'))}`)
    expect((await importTypes(eventId, 'name,quota\nOne more,1')).code).toBe('CONFLICT')
  })

  /** Five send one file of two types at once: each has looked what there is before any of them adds it. @returns how many types there are then. */
  async function sentAtOnce(): Promise<number> {
    const eventId = await story.event()
    const csv = 'name,quota\nA,1\nB,2'
    await pileUp(story, 'LOCK TABLE ticket_types IN SHARE MODE', {
      start: () => Promise.all(Array.from({ length: 5 }, () => importTypes(eventId, csv))),
      waiting: 5,
    })
    return (await typeNames(eventId)).length
  }

  it("that are sent five times at once are there more than once without the guard (the event's row, locked)", async () => {
    expect(await withMutant(story.deps, ['::uuid FOR NO KEY UPDATE', '::uuid'], sentAtOnce)).toBeGreaterThan(
      2,
    )
  })

  it('that are sent five times at once are there once', async () => {
    expect(await sentAtOnce()).toBe(2)
  })
})

describe('what stands in a cell', () => {
  it.for([
    ['150000', 'IDR', 150_000],
    ['150.000', 'IDR', 150_000],
    ['150,000', 'IDR', 150_000],
    ['Rp150.000', 'IDR', 150_000],
    ['Rp. 1.500.000,00', 'IDR', 1_500_000],
    ['IDR 75 000', 'IDR', 75_000],
    ['150.000,50', 'IDR', null],
    ['15.00', 'IDR', 15],
    ['1.50.000', 'IDR', null],
    ['-5', 'IDR', null],
    ['12', 'USD', 1200],
    ['$12.5', 'USD', 1250],
    ['12,50 €', 'EUR', 1250],
    ['1,250', 'USD', 125_000],
    ['1,250.75', 'USD', 125_075],
    ['1.250,75', 'EUR', 125_075],
    ['1.250.75', 'EUR', null],
    ['12.505', 'USD', 1_250_500],
    ['12.5050', 'USD', null],
    ['1.250', 'KWD', null],
    ['1.2', 'KWD', 1200],
    ['9999999999999999', 'IDR', null],
    ['1e3', 'IDR', null],
    ['', 'IDR', null],
  ] as const)('%s of %s is %s', ([text, currency, amount]) => {
    const read = () => readMoney(currency)(text)
    if (amount === null) expect(read).toThrow()
    else expect(read()).toBe(amount)
  })

  it.for([
    ['2026-12-31 19:00', '2026-12-31T12:00:00.000Z'],
    ['31/12/2026 19.00', '2026-12-31T12:00:00.000Z'],
    ['31-12-2026', '2026-12-30T17:00:00.000Z'],
    ['2026-12-31T19:00:00+00:00', '2026-12-31T19:00:00.000Z'],
    ['12/31/2026', null],
    ['2026-12-31 24:00', null],
    ['2026-12-31 23:60', null],
    ['tomorrow', null],
  ] as const)('%s in Jakarta is %s', ([text, moment]) => {
    const read = () => readMoment('Asia/Jakarta')(text).toISOString()
    if (moment === null) expect(read).toThrow()
    else expect(read()).toBe(moment)
  })
})

describe('guests from a file', () => {
  const GUESTS = `mutation ($input: ImportGuestsInput!) { importGuests(input: $input) {
    id code status attendee { name } owner { id } seat { id row number } ticketType { id } } }`
  const importGuests = (eventId: string, csv: string, viewer = story.organizer) =>
    story.ask(viewer, GUESTS, { input: { eventId, csv } })
  const ticketsOf = async (viewer: Viewer): Promise<{ id: string; status: string }[]> =>
    (await story.mustAsk(viewer, '{ myTickets { edges { node { id status } } } }')).myTickets.edges.map(
      ({ node }: { node: unknown }) => node,
    )

  it('have tickets of the quota, without a booking and without money, and see them once they have an account', async () => {
    const { eventId, typeId, seat } = await story.hall(2, 6)
    const standing = await story.ticketType(eventId, { name: 'Lawn', quota: 2 })
    const siti = person()
    const rudi = person()
    story.neighbours.users.set('siti@karcis.test', siti.id)
    const csv = `Nama;Email;Jenis tiket;Section;Row;Seat
Siti;Siti@Karcis.test;Seat;stalls;a;1
Rudi;rudi@karcis.test;lawn;;;
"Rudi's friend";rudi@karcis.test;Lawn;;;`
    const { data } = await importGuests(eventId, csv)
    const [first, second, third] = data.importGuests
    expect(data.importGuests).toMatchObject([
      {
        status: 'VALID',
        attendee: { name: 'Siti' },
        owner: { id: siti.id },
        seat: { id: seat('A1') },
        ticketType: { id: typeId },
      },
      { attendee: { name: 'Rudi' }, owner: null, seat: null, ticketType: { id: standing } },
      { attendee: { name: "Rudi's friend" } },
    ])
    expect(await story.stock(typeId)).toEqual({ quota: 12, sold: 1, held: 0, available: 11 })
    expect(await story.stock(standing)).toEqual({ quota: 2, sold: 2, held: 0, available: 0 })
    expect((await story.seatStatuses(eventId)).get(seat('A1'))).toBe('SOLD')
    expect(await ticketsOf(siti)).toEqual([{ id: first.id, status: 'VALID' }])
    const told = await story.sql<{ payload: unknown }>(
      `SELECT payload FROM kit.outbox WHERE type = 'ticket.guest-invited' ORDER BY seq`,
    )
    expect(told.map(({ payload }) => payload)).toMatchObject([
      { ticketId: first.id, eventId, userId: siti.id, name: 'Siti', email: 'siti@karcis.test' },
      { ticketId: second.id, userId: null, email: 'rudi@karcis.test' },
      { ticketId: third.id, userId: null },
    ])

    // Whoever shows that the address is theirs has the tickets, at whatever time; the same file invites nobody twice.
    const verified = { type: 'user.email-verified', aggregateId: rudi.id }
    const payload = { userId: rudi.id, email: 'rudi@karcis.test' }
    await tell(story.subgraph, 'user', { ...verified, payload })
    await tell(story.subgraph, 'user', { ...verified, payload })
    expect(new Set((await ticketsOf(rudi)).map(({ id }) => id))).toEqual(new Set([second.id, third.id]))
    const again = await importGuests(eventId, `${csv}\r\nTono;tono@karcis.test;;Stalls;A;2`)
    expect(again.data.importGuests.slice(0, 3).map(({ id }: { id: string }) => id)).toEqual([
      first.id,
      second.id,
      third.id,
    ])
    const scan = await checkIn(story, story.organizer, { code: second.code, eventId })
    expect(scan.data.checkIn).toMatchObject({ status: 'USED', owner: { id: rudi.id } })
    expect(await story.stock(typeId)).toMatchObject({ sold: 2, available: 10 })
    await expectBooksToBalance(story)

    // One who has an account by the time of another import is found too, may hand the ticket on, and is forgotten with the account.
    const tono = person()
    story.neighbours.users.set('tono@karcis.test', tono.id)
    await importGuests(eventId, 'name,email,section,row,seat\nTono,tono@karcis.test,Stalls,A,2')
    const [its] = await ticketsOf(tono)
    const HAND_ON =
      'mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { status } }'
    const handed = await story.ask(tono, HAND_ON, { id: its?.id, email: 'siti@karcis.test' })
    expect(handed.data.transferTicket.status).toBe('TRANSFERRED')
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: tono.id,
      payload: { userId: tono.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
    expect(await story.sql(`SELECT name, email, key FROM guests WHERE user_id = '${tono.id}'`)).toEqual([
      { name: null, email: null, key: null },
    ])
    await expectBooksToBalance(story)
  })

  it('who buy for themselves have their tickets, with the codes that they know, in the account that claims them', async () => {
    const { eventId } = await story.hall(1, 6)
    const lawn = await story.ticketType(eventId, { name: 'Lawn', quota: 5, maxPerUser: 2 })
    const [guest, siti, bookingId] = [person({ role: 'GUEST' }), person(), newId()]
    await story.booking.take(guest, bookingId, lawn, 2)
    const ids: string[] = (await story.booking.issue(bookingId)).data.issueTickets.ticketIds
    const [bought] = await story.sql<{ code: string }>(`SELECT code FROM tickets WHERE id = '${ids[0]}'`)
    const claimed = { type: 'user.guest-claimed', aggregateId: guest.id }
    const payload = { guestId: guest.id, userId: siti.id }
    for (let n = 0; n < 2; n += 1) await tell(story.subgraph, 'user', { ...claimed, payload })
    expect(await ticketsOf(guest)).toEqual([])
    expect(new Set((await ticketsOf(siti)).map(({ id }) => id))).toEqual(new Set(ids))
    const scan = await checkIn(story, story.organizer, { code: bought?.code ?? '', eventId })
    expect(scan.data.checkIn).toMatchObject({ status: 'USED', owner: { id: siti.id } })
    const counted = await story.sql(
      `SELECT user_id, taken FROM allowances WHERE ticket_type_id = '${lawn}' AND taken > 0`,
    )
    expect(counted).toEqual([{ user_id: siti.id, taken: 2 }])
    await expectBooksToBalance(story)
  })

  it('are all refused together, with every cell that is wrong', async () => {
    const { eventId, seat } = await story.hall(1, 6)
    await story.ticketType(eventId, { name: 'Lawn', quota: 1 })
    const sold = person()
    await story.holdSeats(sold, eventId, [seat('A1')])
    const rows = (csv: string) =>
      importGuests(eventId, `name,email,ticket type,section,row,seat\n${csv}`).then(said)
    expect(
      await rows(`A,a@karcis.test,Balcony,,,
,nobody,Seat,,,
B,b@karcis.test,,,,
C,c@karcis.test,Lawn,Stalls,A,3
D,d@karcis.test,,Stalls,A,9
E,e@karcis.test,Lawn,,,
E,e@karcis.test,lawn,,,
F,f@karcis.test,,Stalls,A,4
G,g@karcis.test,,Stalls,A,4`),
    ).toEqual([
      'input.csv.2.ticketType: is no ticket type of this event, or the name of several',
      'input.csv.3.name: is needed',
      'input.csv.3.email: must be an e-mail address',
      'input.csv.3.seat: is needed: Seat has seats',
      'input.csv.4.ticketType: is needed',
      'input.csv.5.seat: is not sold as Lawn',
      'input.csv.6.seat: is no seat of this event: say section, row and seat',
      'input.csv.6.ticketType: is needed',
      'input.csv.8.name: is the same as in row 7',
      'input.csv.10.seat: is the same as in row 9',
    ])
    expect(await rows('A,a@karcis.test,,Stalls,A,2\nB,b@karcis.test,,Stalls,A,1')).toEqual([
      'input.csv.3.seat: is not free',
    ])
    expect(await rows('A,a@karcis.test,Lawn,,,\nB,b@karcis.test,Lawn,,,')).toEqual([
      'input.csv.3.ticketType: is sold out: 1 of Lawn are left',
    ])
    expect(await story.sql(`SELECT 1 FROM guests WHERE event_id = '${eventId}'`)).toEqual([])
    const csv = 'name,email,ticket type\nA,a@karcis.test,Lawn'
    expect((await importGuests(eventId, csv, person({ role: 'ORGANIZER' }))).code).toBe('FORBIDDEN')
    const draft = await story.event({ status: 'PENDING' })
    expect((await importGuests(draft, csv)).code).toBe('EVENT_NOT_BOOKABLE')
    await expectBooksToBalance(story)
  })

  /** The same with guests. @returns how they were answered, and how many are sold. */
  async function invitedAtOnce() {
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId)
    const csv = 'name,email\nA,a@karcis.test\nB,b@karcis.test'
    const [answers = []] = await pileUp(story, 'LOCK TABLE guests IN SHARE MODE', {
      start: () => Promise.all(Array.from({ length: 5 }, () => importGuests(eventId, csv))),
      waiting: 5,
    })
    const failed = answers.filter(({ code }) => code !== undefined).length
    return { failed, sold: (await story.stock(typeId)).sold }
  }

  it("that are sent five times at once are refused by the database without the guard (the event's row, locked)", async () => {
    const { failed, sold } = await withMutant(
      story.deps,
      ['::uuid FOR NO KEY UPDATE', '::uuid'],
      invitedAtOnce,
    )
    expect(failed).toBeGreaterThan(0)
    expect(sold).toBe(2)
  })

  it('that are sent five times at once are invited once', async () => {
    expect(await invitedAtOnce()).toEqual({ failed: 0, sold: 2 })
  })
})
