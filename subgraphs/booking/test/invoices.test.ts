import { readFile } from 'node:fs/promises'
import { newId } from '@karcis/kit/ids'
import { SERVICE_TOKEN_HEADER, type Viewer } from '@karcis/kit/service-token'
import { withMutant } from '@karcis/testkit/mutants'
import { person, SERVICE_SECRET, tokenOf } from '@karcis/testkit/people'
import { createStandIn, type StandIn } from '@karcis/testkit/stand-in'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueInvoices } from '../src/domain/invoices/issue-invoices.ts'
import { createInvoiceFiles } from '../src/domain/invoices/invoice-files.ts'
import { refundBooking } from '../src/domain/refunds/refund-booking.ts'
import { refundInFull } from '../src/domain/refunds/refund-in-full.ts'
import { type BookingProcess, startBooking } from './booking-process.ts'
import { audit, pendingBooking } from './money.ts'
import { pileUp } from './mutants.ts'
import { PAY } from './operations.ts'
import { eventOnSale } from './promo-operations.ts'
import { type OnSale, startWorld, toldOf, type World } from './world.ts'

const admin = person({ role: 'ADMIN' })
const names = new Map<string, string>()
const titles = new Map<string, OnSale>()

const neighbours = (): Promise<StandIn> =>
  createStandIn({
    _entities: ({ representations }: { representations: { id: string }[] }) =>
      representations.map(({ id }) => ({ id, name: names.get(id) ?? 'Budi' })),
    eventForSale: ({ id }: { id: string }) => {
      const event = titles.get(id)
      return event ? toldOf(event, 'IDR') : null
    },
  })

let others: StandIn
let world: World

beforeAll(async () => {
  others = await neighbours()
  world = await startWorld({}, { USER_URL: others.url, EVENT_URL: others.url })
})

afterAll(async () => {
  await world[Symbol.asyncDispose]()
  await others[Symbol.asyncDispose]()
})

const INVOICE = `id kind number issuedAt total currency sellerName buyerName eventTitle
  lines { kind name quantity unitPrice amount basisPoints inclusive } booking { id } event { id } credits { number }`

const listOf = async (viewer: Viewer, args = '') => {
  const { data, errors } = await world.ask(
    viewer,
    `{ invoices${args} { totalCount edges { node { ${INVOICE} } } } }`,
  )
  expect(errors).toEqual([])
  return data.invoices.edges.map((edge: { node: unknown }) => edge.node)
}

/** A booking of two places that was paid, with a fee and a tax. */
async function paid() {
  const event = await eventOnSale(world)
  titles.set(event.eventId, event)
  names.set(event.organizer.id, 'PT Suara')
  const ticketTypeId = await world.ticketType(event, { price: 100_000, quota: 50 })
  await world.ask(admin, 'mutation ($input: SetFeesInput!) { setFees(input: $input) { id } }', {
    input: {
      eventId: event.eventId,
      platformFees: [{ name: 'Layanan', basisPoints: 500 }],
      taxes: [{ name: 'PPN 11%', basisPoints: 1_100, inclusive: true }],
    },
  })
  const buyer = await world.buyer()
  const id = await world.book(buyer, { ticketTypeId, quantity: 2 })
  await world.ask(buyer, PAY, { id })
  return { event, buyer, id, ticketTypeId }
}

describe('what was paid', () => {
  it('is invoiced, and what goes back credited, for the buyer and the organizer to see', async () => {
    const { event, buyer, id } = await paid()
    await issueInvoices(world.subgraph.deps)
    const year = new Intl.DateTimeFormat('en', { year: 'numeric', timeZone: 'Asia/Jakarta' }).format()
    const lines = [
      {
        kind: 'PLACE',
        name: 'Regular',
        quantity: 2,
        unitPrice: 100_000,
        amount: 200_000,
        basisPoints: 0,
        inclusive: false,
      },
      {
        kind: 'PLATFORM_FEE',
        name: 'Layanan',
        quantity: 1,
        unitPrice: 10_000,
        amount: 10_000,
        basisPoints: 500,
        inclusive: false,
      },
      {
        kind: 'TAX',
        name: 'PPN 11%',
        quantity: 1,
        unitPrice: 19_820,
        amount: 19_820,
        basisPoints: 1_100,
        inclusive: true,
      },
    ]
    const [invoice] = await listOf(buyer)
    expect(invoice).toEqual({
      id: expect.any(String),
      kind: 'INVOICE',
      number: `INV/${year}/000001`,
      issuedAt: expect.any(String),
      total: 210_000,
      currency: 'IDR',
      sellerName: 'PT Suara',
      buyerName: 'Budi',
      eventTitle: 'Konser',
      lines,
      booking: { id },
      event: { id: event.eventId },
      credits: null,
    })

    names.set(buyer.id, 'Deleted user') // it stands as it was issued
    await refundBooking(world.subgraph.deps, admin, id, 'Rained off')
    await issueInvoices(world.subgraph.deps)
    const [credit, same] = await listOf(event.organizer, '(issued: true)')
    expect(same).toEqual(invoice)
    expect(credit).toMatchObject({
      kind: 'CREDIT_NOTE',
      number: `CN/${year}/000001`,
      total: 210_000,
      buyerName: 'Budi',
      lines,
      credits: { number: invoice.number },
    })
    expect(await listOf(event.organizer, `(eventId: "${event.eventId}")`)).toEqual([credit, same])
    expect(await listOf(event.organizer, '(issued: true, kind: CREDIT_NOTE)')).toEqual([credit])
    expect(await listOf(event.organizer)).toEqual([])
    const { data } = await world.ask(buyer, `query ($id: ID!) { booking(id: $id) { invoices { number } } }`, {
      id,
    })
    expect(data.booking.invoices).toEqual([{ number: invoice.number }, { number: credit.number }])
    expect(await audit(world.db)).toEqual([])
  })

  it('nobody else sees', async () => {
    const { event, buyer } = await paid()
    await issueInvoices(world.subgraph.deps)
    expect(await listOf(await world.buyer())).toEqual([])
    const { code } = await world.ask(buyer, `{ invoices(eventId: "${event.eventId}") { totalCount } }`)
    expect(code).toBe('FORBIDDEN')
    expect((await world.ask(null, '{ invoices { totalCount } }')).code).toBe('UNAUTHENTICATED')
    const both = `{ invoices(eventId: "${event.eventId}", issued: true) { totalCount } }`
    expect((await world.ask(event.organizer, both)).errors[0]?.extensions?.fields).toEqual([
      { path: 'issued', message: 'cannot be given together with eventId' },
    ])
  })

  it('has one invoice, however often it is issued; what costs nothing has none', async () => {
    const { event, buyer, id } = await paid()
    const free = await world.ticketType(event, { name: 'Free', kind: 'FREE', price: 0, quota: 10 })
    const gratis = await world.book(buyer, { ticketTypeId: free, quantity: 1 })
    await world.ask(buyer, PAY, { id: gratis })
    for (let run = 0; run < 3; run++) await issueInvoices(world.subgraph.deps)
    expect((await listOf(buyer)).map((one: { booking: unknown }) => one.booking)).toEqual([{ id }])
  })
})

describe('its file', () => {
  const read = async (path: string) =>
    fetch(world.subgraph.url + path, { headers: { [SERVICE_TOKEN_HEADER]: await tokenOf(null, 'booking') } })

  it('is a PDF in two languages, by a link of its own that anybody may open', async () => {
    const { buyer } = await paid()
    await issueInvoices(world.subgraph.deps)
    const { data } = await world.ask(
      buyer,
      '{ invoices { edges { node { number id: url(language: ID) en: url(language: EN) } } } }',
    )
    const { number, id, en } = data.invoices.edges[0].node
    expect(id).toMatch(/^\/invoices\/[\w.-]+\.pdf$/)
    const [indonesian, english] = await Promise.all([read(id), read(en)])
    expect(indonesian.headers.get('content-type')).toBe('application/pdf')
    expect(indonesian.headers.get('content-disposition')).toBe(
      `attachment; filename="${number.replaceAll('/', '-')}.pdf"`,
    )
    const pdf = Buffer.from(await indonesian.arrayBuffer())
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.length).toBe(Number(indonesian.headers.get('content-length')))
    expect(Buffer.from(await english.arrayBuffer()).equals(pdf)).toBe(false)
    expect(Buffer.from(await (await read(id)).arrayBuffer()).equals(pdf)).toBe(true)
  })

  it('is not found by a link that was changed, that is too old, or is of nothing', async () => {
    const { buyer } = await paid()
    await issueInvoices(world.subgraph.deps)
    const { data } = await world.ask(buyer, '{ invoices { edges { node { id url } } } }')
    const { id, url } = data.invoices.edges[0].node
    const files = createInvoiceFiles(SERVICE_SECRET)
    const link = (claims: string, until: number) =>
      `/invoices/${files.links.sign({ id: claims, language: 'EN' }, new Date(until))}.pdf`
    expect((await read(link(id, Date.now() + 60_000))).status).toBe(200)
    const wrong = [
      url.replace('/invoices/', '/invoices/A'),
      url.replace('.pdf', ''),
      link(id, Date.now() - 1),
      link(newId(), Date.now() + 60_000),
    ]
    for (const path of wrong) expect((await read(path)).status).toBe(404)
  })
})

describe('numbers', () => {
  const UNIQUE = `ALTER TABLE invoices DROP CONSTRAINT invoices_number_key, DROP CONSTRAINT invoices_transaction_id_key`

  /** Four paid bookings of one organizer, of whom one is invoiced; then two processes issue the other three at once. */
  async function race(drop: string[], guarded: boolean) {
    await using stack = new AsyncDisposableStack()
    const booking: BookingProcess = stack.use(
      await startBooking({ USER_URL: others.url, EVENT_URL: others.url }),
    )
    const { deps } = booking.subgraph
    for (const sql of drop) await booking.db.$executeRawUnsafe(sql)
    const organizerId = newId()
    const buyer = await booking.buyer()
    const pay = async () => {
      const { id } = await pendingBooking(booking.db, buyer.id, 1_000, { organizerId })
      expect((await booking.ask(buyer, PAY, { id })).data.confirmPayment.status).toBe('PAID')
    }
    await pay()
    await issueInvoices(deps)
    const run = () =>
      pileUp(booking.db, 'invoices', 2, async () => {
        for (let n = 0; n < 3; n++) await pay()
        return Promise.allSettled([issueInvoices(deps), issueInvoices(deps)])
      })
    const outcomes = guarded ? await run() : await withMutant(deps, ['::uuid FOR UPDATE', '::uuid'], run)
    const rows = await booking.db.$queryRaw<{ number: number }[]>`SELECT number FROM invoices ORDER BY number`
    return { numbers: rows.map(({ number }) => number), outcomes: outcomes.map(({ status }) => status) }
  }

  it('without any guard are given twice', async () => {
    // On a busy machine one of the two may wake so late that it sees what the other has written.
    const isTwice = async (): Promise<boolean> => {
      const { numbers } = await race([UNIQUE, 'DROP INDEX invoices_one_per_booking'], false)
      expect(numbers.length).toBeGreaterThan(4)
      return new Set(numbers).size < numbers.length
    }
    expect((await isTwice()) || (await isTwice()) || (await isTwice())).toBe(true)
  })

  it('without the lock, by the constraints alone, are given once, and one of two runs fails', async () => {
    const { numbers, outcomes } = await race([], false)
    expect(numbers).toEqual([1, 2, 3, 4])
    expect(outcomes.toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('with the lock of the organizer’s row are given once, without a gap, and both runs go on', async () => {
    const { numbers, outcomes } = await race([], true)
    expect(numbers).toEqual([1, 2, 3, 4])
    expect(outcomes).toEqual(['fulfilled', 'fulfilled'])
  })

  it('cannot be taken back, changed or left out; without the guard invoices_no_gap they can be left out', async () => {
    await paid()
    await issueInvoices(world.subgraph.deps)
    await expect(world.db.$executeRaw`DELETE FROM invoices`).rejects.toThrow('append only')
    await expect(world.db.$executeRaw`UPDATE invoices SET number = number + 1`).rejects.toThrow('append only')
    await expect(world.db.$executeRawUnsafe('TRUNCATE invoices')).rejects.toThrow('append only')
    const skip = () =>
      world.db.$executeRaw`INSERT INTO invoices
        (id, transaction_id, organizer_id, kind, year, number, invoice_id, booking_id, event_id, user_id, currency, total, content)
        SELECT ${newId()}::uuid, (SELECT id FROM ledger_transactions WHERE kind = 'GRANT' LIMIT 1), organizer_id, 'CREDIT_NOTE',
          year, 7, id, booking_id, event_id, user_id, currency, total, content FROM invoices WHERE kind = 'INVOICE' LIMIT 1`
    await expect(skip()).rejects.toThrow('follows on none')
    await world.db.$executeRaw`DROP TRIGGER invoices_no_gap ON invoices`
    expect(await skip()).toBe(1)
  })
})

it('while nobody can say what people are called, nothing is issued; then all of it is', async () => {
  await using stack = new AsyncDisposableStack()
  const booking = stack.use(await startBooking())
  const buyer = await booking.buyer()
  const { id } = await pendingBooking(booking.db, buyer.id, 1_000)
  await booking.ask(buyer, PAY, { id })
  await expect(issueInvoices(booking.subgraph.deps)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  expect(await booking.db.invoice.count()).toBe(0)
  const { deps } = booking.subgraph
  await issueInvoices({ ...deps, clients: world.subgraph.deps.clients })
  expect(await booking.db.invoice.count()).toBe(1)
})

it('what was paid, and went back, before there were invoices is invoiced and credited after the migration, once', async () => {
  await using stack = new AsyncDisposableStack()
  const booking = stack.use(await startBooking({ USER_URL: others.url, EVENT_URL: others.url }))
  const { db } = booking
  const { deps } = booking.subgraph
  const buyer = await booking.buyer()
  const organizerId = newId()
  const pay = async () => {
    const { id } = await pendingBooking(db, buyer.id, 1_000, { organizerId })
    await booking.ask(buyer, PAY, { id })
    return id
  }
  await db.$executeRaw`ALTER TABLE ledger_transactions DISABLE TRIGGER ledger_transactions_invoice_due`
  await pay()
  await refundInFull(deps, await pay(), 'Rain.', { fulfilled: false })
  await db.$executeRaw`ALTER TABLE ledger_transactions ENABLE TRIGGER ledger_transactions_invoice_due`
  await pay()
  await issueInvoices(deps)
  await pay()
  expect(await db.invoice.count()).toBe(1)
  const file = new URL(
    '../../../prisma/booking/migrations/20261126080500_invoices_before/migration.sql',
    import.meta.url,
  )
  for (let times = 0; times < 2; times += 1) {
    await db.$executeRawUnsafe(await readFile(file, 'utf8'))
    await issueInvoices(deps)
  }
  const rows = await db.invoice.findMany({ orderBy: [{ kind: 'desc' }, { number: 'asc' }] })
  expect(rows.map(({ kind, number }) => `${kind} ${number}`)).toEqual([
    'INVOICE 1',
    'INVOICE 2',
    'INVOICE 3',
    'INVOICE 4',
    'CREDIT_NOTE 1',
  ])
  expect(await db.invoiceDue.count()).toBe(0)
})
