import { newId } from '@karcis/kit/ids'
import { withMutant } from '@karcis/testkit/mutants'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readMoment, readMoney } from '../src/domain/organizing/csv-cells.ts'
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

  /** Five send one file of two types at once. @returns how many types there are then. */
  async function sentAtOnce(): Promise<number> {
    const eventId = await story.event()
    const csv = 'name,quota\nA,1\nB,2'
    await Promise.all(Array.from({ length: 5 }, () => importTypes(eventId, csv)))
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
