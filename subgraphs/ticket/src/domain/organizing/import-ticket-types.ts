import { transaction } from '@karcis/kit/database'
import { type FieldProblem, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import { scheduleSaleMoment } from '../inventory/sale-moment-store.ts'
import type { TicketKind, TicketType } from '../inventory/ticket-type.ts'
import {
  countPlannedPlaces,
  findTicketTypes,
  findTicketTypesOfEvents,
  FOR_EVERYBODY,
  insertTicketType,
  type TicketTypeTerms,
} from '../inventory/ticket-type-store.ts'
import { publishStock } from '../live.ts'
import { cellsInto, readBy, readCount, readMoment, readMoney, readWord } from './csv-cells.ts'
import { type Columns, type CsvRow, cellPath, readCsv, requireNoProblems } from './csv-table.ts'
import { currencyOfTicketTypes, requireChargeable } from './currency.ts'
import { MAX_QUOTA, MAX_TYPES, requireFewTypes } from './manage-ticket-types.ts'
import { endingWith, planProblems } from './ticket-type-plan.ts'

const COLUMNS = {
  name: { names: ['Ticket type', 'Nama', 'Jenis tiket', 'Tipe tiket'], needed: true },
  kind: { names: ['Jenis'] },
  price: { names: ['Harga'] },
  quota: { names: ['Quantity', 'Kuota', 'Jumlah', 'Stok'], needed: true },
  saleStartsAt: { names: ['Sale starts', 'Mulai dijual', 'Mulai penjualan'] },
  saleEndsAt: { names: ['Sale ends', 'Akhir penjualan', 'Selesai penjualan'] },
  maxPerUser: { names: ['Max per person', 'Maksimal per orang', 'Batas per orang'] },
  section: { names: ['Bagian', 'Area'] },
} as const satisfies Columns<string>

type Column = keyof typeof COLUMNS

const KINDS: Record<string, TicketKind> = {
  free: 'FREE',
  gratis: 'FREE',
  paid: 'PAID',
  berbayar: 'PAID',
  donation: 'DONATION',
  donasi: 'DONATION',
}

const inputSchema = z.object({ eventId: idSchema, csv: z.string() })

/** A ticket type as a row describes it. */
interface WantedType {
  row: number
  kind: TicketKind
  terms: TicketTypeTerms
}

/**
 * Adds ticket types to an event of the viewer's as a CSV file lists them (docs/imports.md), all of them or none. What the event has already as
 * a row says stays as it is, so the same file may come again.
 * @returns the type of each row, in their order.
 * @throws Forbidden, NotFound, BadUserInput (naming rows and columns; also: nothing can charge the event's currency), EventNotBookable
 *   (cancelled or over), Conflict (more types than an event has at most), ServiceUnavailable.
 */
export async function importTicketTypes(deps: Deps, viewer: Viewer, input: unknown): Promise<TicketType[]> {
  const { eventId, csv } = parseInput(inputSchema, input)
  const { eventStatus, over, timezone } = await requireDuty(deps, viewer, eventId, 'EDIT')
  if (eventStatus === 'CANCELLED' || over) throw new EventNotBookable(eventId)
  const rows = readCsv<Column>(csv, COLUMNS, MAX_TYPES)
  const currency = await currencyOfTicketTypes(deps, eventId)
  const wanted = readTypes(rows, currency, timezone)
  if (wanted.some(({ kind }) => kind !== 'FREE')) await requireChargeable(deps, currency)
  const ids = await transaction(deps.db, (tx) => insertTypes(tx, { eventId, currency, wanted }))
  publishStock(deps.live, eventId)
  const types = await findTicketTypes(deps.db, ids)
  return ids.flatMap((id) => types.get(id) ?? [])
}

/** @throws BadUserInput with every cell that is wrong. */
function readTypes(rows: readonly CsvRow<Column>[], currency: string, timezone: string): WantedType[] {
  const problems: FieldProblem[] = []
  const read = cellsInto(problems)
  const wanted = rows.map((row): WantedType => {
    for (const column of ['name', 'quota'] as const)
      if (row.cells[column] === undefined)
        problems.push({ path: cellPath(row.row, column), message: 'is needed' })
    const price = read(row, 'price', readMoney(currency)) ?? 0
    return {
      row: row.row,
      kind: read(row, 'kind', readWord(KINDS)) ?? (price > 0 ? 'PAID' : 'FREE'),
      terms: {
        name: read(row, 'name', readBy(nameSchema())) ?? '',
        price,
        quota: read(row, 'quota', readCount(MAX_QUOTA)) ?? 1,
        section: read(row, 'section', readBy(nameSchema())),
        maxPerUser: read(row, 'maxPerUser', readCount(MAX_QUOTA)),
        saleStartsAt: read(row, 'saleStartsAt', readMoment(timezone)),
        saleEndsAt: read(row, 'saleEndsAt', readMoment(timezone)),
        ...FOR_EVERYBODY,
      },
    }
  })
  const firstRows = new Map<string, number>()
  for (const { row, terms } of wanted) {
    const first = firstRows.get(terms.name.toLowerCase())
    if (first === undefined) firstRows.set(terms.name.toLowerCase(), row)
    else if (terms.name !== '')
      problems.push({ path: cellPath(row, 'name'), message: `is the same as in row ${first}` })
  }
  requireNoProblems(problems)
  return wanted
}

/** Writes those that the event has not. @returns ids of all, in their order. @throws BadUserInput, Conflict, NotFound. */
async function insertTypes(
  tx: Tx,
  { eventId, currency, wanted }: { eventId: string; currency: string; wanted: readonly WantedType[] },
): Promise<string[]> {
  const event = await lockEventCopy(tx, eventId) // until the end nobody else plans for this event
  if (!event) throw new NotFound('event', eventId)
  const known = (await findTicketTypesOfEvents(tx, [eventId])).get(eventId) ?? []
  let elsewhere = await countPlannedPlaces(tx, eventId, [])
  const problems: FieldProblem[] = []
  const added: (WantedType & { id: string })[] = []
  const ids = wanted.map(({ row, kind, terms: given }) => {
    const terms = endingWith(event, given)
    const namesakes = known.filter(({ name }) => name.toLowerCase() === terms.name.toLowerCase())
    const differences = namesakes.map((type) => differenceOf(type, kind, terms))
    const same = namesakes[differences.indexOf(null)]
    if (same) return same.id
    const [difference] = differences
    if (difference)
      problems.push({
        path: cellPath(row, difference),
        message: `is otherwise than the event has it: change ${terms.name} by updateTicketType`,
      })
    const id = newId()
    if (difference) return id
    const sent = new Set(Object.keys(terms) as (keyof TicketTypeTerms)[])
    for (const { path, message } of planProblems({ kind, terms, sent, event, elsewhere, quotaBefore: 0 }))
      problems.push({ path: cellPath(row, path), message })
    elsewhere += terms.quota
    added.push({ id, row, kind, terms })
    return id
  })
  requireNoProblems(problems)
  requireFewTypes(known.length + added.length)
  for (const { id, kind, terms } of added)
    await insertTicketType(tx, { ...terms, id, eventId, kind, currency })
  await scheduleSaleMoment(tx, eventId)
  return ids
}

/** The first column in which a ticket type is not what a row says; null when there is none. */
function differenceOf(type: TicketType, kind: TicketKind, terms: TicketTypeTerms): Column | null {
  if (type.kind !== kind) return 'kind'
  if (type.price !== terms.price) return 'price'
  if (!type.seated && type.quota !== terms.quota) return 'quota' // with seats it is the number of these
  const isSame = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime()
  if (!isSame(type.saleStartsAt, terms.saleStartsAt)) return 'saleStartsAt'
  if (!isSame(type.saleEndsAt, terms.saleEndsAt)) return 'saleEndsAt'
  if (type.maxPerUser !== terms.maxPerUser) return 'maxPerUser'
  return type.section === terms.section ? null : 'section'
}
