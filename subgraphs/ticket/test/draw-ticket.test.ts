import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calendarEntry } from '../src/domain/documents/calendar-entry.ts'
import type { TicketDocument } from '../src/domain/documents/document.ts'
import { languageOf, spanText } from '../src/domain/documents/document-words.ts'
import { drawTicket } from '../src/domain/documents/draw-ticket.ts'
import { readTicketPdf } from './read-ticket-pdf.ts'

const CODE = `KC1${'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:'.repeat(4).slice(0, 150)}`

const ticketOf = (change: Partial<TicketDocument> = {}, title = 'Konser Raya'): TicketDocument => ({
  id: '0198f3a0-7c11-7abc-8def-0123456789ab',
  code: CODE,
  ownerId: '0198f3a0-7c11-7abc-8def-0123456789ad',
  status: 'VALID',
  frozen: false,
  checkedInAt: null,
  createdAt: new Date('2026-11-26T00:00:00Z'),
  attendee: null,
  typeName: 'Festival',
  seat: { section: 'Tribune', row: 'B', label: '12' },
  event: {
    id: '0198f3a0-7c11-7abc-8def-0123456789af',
    organizerId: '0198f3a0-7c11-7abc-8def-0123456789b0',
    staff: [],
    title,
    status: 'APPROVED',
    startsAt: new Date('2027-05-01T12:00:00Z'),
    endsAt: new Date('2027-05-01T15:00:00Z'),
    timezone: 'Asia/Jakarta',
    version: 3,
  },
  place: null,
  organizer: 'PT Suara',
  price: { amount: 150_000, currency: 'IDR' },
  ...change,
})

const read = async (ticket: TicketDocument) => readTicketPdf(Buffer.from(await drawTicket(ticket, 'EN')))

describe('the page of a ticket', () => {
  it('is the same each time it is drawn', async () => {
    const [first, second] = await Promise.all([drawTicket(ticketOf(), 'ID'), drawTicket(ticketOf(), 'ID')])
    expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true)
  })

  it('stays one, with the code where it can be scanned, however long the names are', async () => {
    const long = 'Pagelaran Akbar Wayang Kulit Semalam Suntuk '.repeat(8)
    const place = { id: '', name: long, address: long, city: long, room: long, online: false }
    const seat = { section: long, row: long, label: long }
    const page = await read(ticketOf({ attendee: long, typeName: long, organizer: long, seat, place }, long))
    expect(page).toMatchObject({ pages: 1, code: CODE })
  })

  it.for([
    ['Łukasz Żółć', 'NotoSans'],
    ['محمد علي', 'NotoSansArabic'],
    ['東京 한국 ไทย', 'Unifont'],
  ] as const)('writes %s in a font that has all of its letters', async ([name, font]) => {
    const page = await read(ticketOf({ attendee: name, status: 'USED', checkedInAt: new Date() }, name))
    expect(page).toMatchObject({ pages: 1, code: CODE })
    expect(page.fonts.some((used) => used.startsWith(font))).toBe(true)
  })
})

describe('when it is', () => {
  const span = (from: string, to: string, timezone: string) =>
    (['ID', 'EN'] as const).map((language) =>
      spanText(new Date(from), new Date(to), timezone, language).replace(/\s/g, ' '),
    )

  it('is told by the clocks of the place', () => {
    expect(span('2027-05-01T12:00:00Z', '2027-05-01T15:00:00Z', 'Asia/Jakarta')).toEqual([
      'Sabtu, 1 Mei 2027 19.00–22.00 WIB',
      'Saturday, 1 May 2027, 19:00–22:00 GMT+7',
    ])
  })

  it('is right in the night in which clocks are changed', () => {
    expect(span('2027-03-27T22:00:00Z', '2027-03-28T03:00:00Z', 'Europe/Berlin')[1]).toBe(
      'Saturday, 27 March 2027 at 23:00 CET – Sunday, 28 March 2027 at 05:00 CEST',
    )
    // From three back to two: the same time by the clock, an hour later.
    expect(span('2036-10-26T00:30:00Z', '2036-10-26T01:30:00Z', 'Europe/Berlin')[1]).toBe(
      'Sunday, 26 October 2036 at 02:30 CEST – Sunday, 26 October 2036 at 02:30 CET',
    )
    // From two to three: two hours by the clock, and one that passes.
    expect(span('2037-03-29T00:30:00Z', '2037-03-29T01:30:00Z', 'Europe/Berlin')[1]).toBe(
      'Sunday, 29 March 2037 at 01:30 CET – Sunday, 29 March 2037 at 03:30 CEST',
    )
    // South of the equator in April, by half an hour.
    expect(span('2037-04-04T14:00:00Z', '2037-04-04T16:30:00Z', 'Australia/Lord_Howe')[1]).toBe(
      'Sunday, 5 April 2037 at 01:00 GMT+11 – Sunday, 5 April 2037 at 03:00 GMT+10:30',
    )
    expect(span('2036-07-01T21:30:00Z', '2036-07-01T23:30:00Z', 'America/St_Johns')[1]).toBe(
      'Tuesday, 1 July 2036, 19:00–21:00 GMT-2:30',
    )
    expect(span('2036-07-01T13:15:00Z', '2036-07-01T15:15:00Z', 'Asia/Kathmandu')[1]).toBe(
      'Tuesday, 1 July 2036, 19:00–21:00 GMT+5:45',
    )
    const { event } = ticketOf()
    const night = {
      ...event,
      startsAt: new Date('2027-03-27T22:00:00Z'),
      endsAt: new Date('2027-03-28T03:00:00Z'),
    }
    const entry = calendarEntry(
      { ...ticketOf(), event: { ...night, timezone: 'Europe/Berlin' } },
      'EN',
      new Date(),
    )
    expect(entry).toContain('\r\nDTSTART:20270327T220000Z\r\nDTEND:20270328T030000Z\r\n')
  })
})

it('a language is the one that was asked for, else the one that is liked best of those that there are', () => {
  expect(languageOf('EN', 'id')).toBe('EN')
  expect(languageOf('fr', 'en')).toBe('EN')
  expect(languageOf(null, 'fr, id;q=0.2, en-GB;q=0.9')).toBe('EN')
  expect(languageOf(null, 'en;q=0, id;q=0.1')).toBe('ID')
  expect(languageOf(null, undefined)).toBe('ID')
})

it('an entry of a calendar has lines of 75 octets at most, and says every title as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (title) => {
      const entry = calendarEntry(ticketOf({}, title), 'ID', new Date('2026-11-26T00:00:00Z'))
      const lines = entry.split('\r\n')
      expect(lines.pop()).toBe('')
      for (const line of lines) {
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75)
        expect(line).not.toMatch(/[\r\n]/)
      }
      const unfolded = entry.replaceAll('\r\n ', '')
      const [, summary = ''] = /\r\nSUMMARY:([^\r\n]*)\r\n/.exec(unfolded) ?? []
      const kept = title.replace(/\r\n?/g, '\n').replace(/[^\P{Cc}\t\n]/gu, '')
      expect(summary.replace(/\\([\\;,n])/g, (_, mark: string) => (mark === 'n' ? '\n' : mark))).toBe(kept)
    }),
  )
})
