import { MOST_EMAILS, USERS_BY_EMAIL, usersByEmail } from '@karcis/kit/contracts/user-asks'
import { transaction } from '@karcis/kit/database'
import { type FieldProblem, ServiceUnavailable } from '@karcis/kit/errors'
import { recordEvents } from '@karcis/kit/events'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { expireHolds } from '../allocation/hold-ender.ts'
import { requireDuty } from '../allocation/known-events.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { lockEventCopy } from '../events/event-copy-store.ts'
import { usageChanges } from '../inventory/allowance-store.ts'
import { lockAvailable, moveStock, moveStockOfSeats, stockMoves } from '../inventory/stock-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'
import { publishChange } from '../live.ts'
import { type Seat, type SeatMapChange, seatLabel } from '../seat-map/seat.ts'
import { findSeatsByLabels, moveSeats } from '../seat-map/seat-store.ts'
import {
  addUsage,
  findGuests,
  guestKey,
  type GuestTicket,
  insertGuestTickets,
  moveGuestsTo,
} from '../allocation/guest-store.ts'
import type { Ticket } from '../tickets/ticket.ts'
import { signTicketCodes } from '../tickets/ticket-code.ts'
import { findTickets } from '../tickets/ticket-store.ts'
import { cellsInto, readBy } from './csv-cells.ts'
import { type Columns, type CsvRow, cellPath, readCsv, requireNoProblems } from './csv-table.ts'

/** The user subgraph is asked for all of their accounts at once. */
const MAX_GUESTS = MOST_EMAILS

const COLUMNS = {
  name: { names: ['Guest', 'Nama', 'Tamu'], needed: true },
  email: { names: ['E-mail', 'Email address', 'Surel'], needed: true },
  ticketType: { names: ['Ticket', 'Jenis tiket', 'Tipe tiket', 'Tiket'] },
  section: { names: ['Bagian', 'Area'] },
  row: { names: ['Baris'] },
  seat: { names: ['Seat number', 'Kursi', 'Nomor kursi'] },
} as const satisfies Columns<string>

type Column = keyof typeof COLUMNS

const inputSchema = z.object({ eventId: idSchema, csv: z.string() })

/** A guest as a row names them. */
interface Wanted {
  row: number
  name: string
  email: string
  type: TicketType
  seat: Seat | null
}

/**
 * Gives a ticket to each guest that a CSV file lists (docs/imports.md), to all of them or to none: of the quota, without a booking and
 * without money. Who is a guest already stays that, so the same file may come again.
 * @returns the ticket of each row, in their order.
 * @throws Forbidden, NotFound, BadUserInput (naming rows and columns; also where not enough is left), EventNotBookable, ServiceUnavailable.
 */
export async function importGuests(deps: Deps, viewer: Viewer, input: unknown): Promise<Ticket[]> {
  const { eventId, csv } = parseInput(inputSchema, input)
  const { eventStatus, over } = await requireDuty(deps, viewer, eventId, 'SELL')
  if (eventStatus !== 'APPROVED' || over) throw new EventNotBookable(eventId)
  const wanted = await readGuests(deps, eventId, readCsv<Column>(csv, COLUMNS, MAX_GUESTS))
  const accounts = await findAccounts(
    deps,
    wanted.map(({ email }) => email),
  )
  await expireHolds(deps, { eventId, ticketTypeIds: [...new Set(wanted.map(({ type }) => type.id))] })
  // Signed before the transaction: no row waits for cryptography.
  const ids = wanted.map(() => newId())
  const codes = await signTicketCodes(
    deps.signingKeys,
    ids.map((ticketId) => ({ ticketId, eventId })),
  )
  const drafts = wanted.map(({ row, type, seat, name, email }, at): GuestTicket & { row: number } => {
    const userId = accounts.get(email) ?? null
    const guest = { id: newId(), eventId, ticketTypeId: type.id, name, email, userId, invitedBy: viewer.id }
    const label = seat && seatLabel(seat)
    return {
      row,
      id: ids[at] ?? '',
      code: codes[at] ?? '',
      seatId: seat?.id ?? null,
      seatLabel: label,
      guest,
    }
  })
  const types = new Map(wanted.map(({ type }) => [type.id, type]))
  const { ticketIds, change } = await transaction(deps.db, (tx) => invite(tx, eventId, drafts, types))
  publishChange(deps.live, eventId, change)
  const tickets = await findTickets(deps.db, ticketIds)
  return ticketIds.flatMap((id) => tickets.get(id) ?? [])
}

/** @throws BadUserInput with every cell that is wrong. */
async function readGuests(deps: Deps, eventId: string, rows: readonly CsvRow<Column>[]): Promise<Wanted[]> {
  const types = (await findTicketTypesOfEvents(deps.db, [eventId])).get(eventId) ?? []
  const labels = rows.flatMap(({ cells: { section = '', row = '', seat = '' } }) => {
    return seat === '' ? [] : { section, row, seat }
  })
  const seats = labels.length > 0 ? await findSeatsByLabels(deps.db, eventId, labels) : []
  const seatOf = new Map(seats.map((seat) => [seatLabel(seat).toLowerCase(), seat]))
  const problems: FieldProblem[] = []
  const read = cellsInto(problems)
  const firstRows = new Map<string, number>()
  const wanted = rows.flatMap((each): Wanted | [] => {
    const { row, cells } = each
    const refuse = (column: Column, message: string): void => {
      problems.push({ path: cellPath(row, column), message })
    }
    for (const column of ['name', 'email'] as const)
      if (cells[column] === undefined) refuse(column, 'is needed')
    const name = read(each, 'name', readBy(nameSchema()))
    const email = read(each, 'email', readBy(emailSchema))
    const said = `${cells.section ?? ''} ${cells.row ?? ''}-${cells.seat ?? ''}`
    const seat = cells.seat === undefined ? null : (seatOf.get(said.toLowerCase()) ?? null)
    if (cells.seat !== undefined && !seat)
      refuse('seat', 'is no seat of this event: say section, row and seat')
    const given = cells.ticketType?.toLowerCase()
    const named = types.filter((type) => type.name.toLowerCase() === given || type.id === given)
    const type =
      given === undefined
        ? (types.find(({ id }) => id === seat?.ticketTypeId) ?? (types.length === 1 ? types[0] : undefined))
        : named.length === 1
          ? named[0]
          : undefined
    if (!type)
      refuse(
        'ticketType',
        given === undefined ? 'is needed' : 'is no ticket type of this event, or the name of several',
      )
    else if (type.seated && cells.seat === undefined) refuse('seat', `is needed: ${type.name} has seats`)
    else if (seat && seat.ticketTypeId !== type.id) refuse('seat', `is not sold as ${type.name}`)
    if (name === null || email === null || !type) return []
    const keys = [`${type.id} ${guestKey({ email, name })}`, ...(seat ? [seat.id] : [])]
    for (const [at, key] of keys.entries()) {
      const first = firstRows.get(key)
      if (first !== undefined) refuse(at === 0 ? 'name' : 'seat', `is the same as in row ${first}`)
      firstRows.set(key, row)
    }
    return { row, name, email, type, seat }
  })
  requireNoProblems(problems)
  return wanted
}

/** Whose accounts addresses are of, as far as somebody has them. @throws ServiceUnavailable. */
async function findAccounts({ clients }: Deps, emails: readonly string[]): Promise<Map<string, string>> {
  const { user } = clients
  if (!user) throw new ServiceUnavailable()
  const asked = [...new Set(emails)]
  const found = usersByEmail.parse(await user.query(USERS_BY_EMAIL, { emails: asked })).usersByEmail
  return new Map(asked.flatMap((email, at): [string, string][] => (found[at] ? [[email, found[at].id]] : [])))
}

/** Writes those who are no guests yet. @returns the ticket of each row, and what changed of the seat map. @throws BadUserInput. */
async function invite(
  tx: Tx,
  eventId: string,
  drafts: readonly (GuestTicket & { row: number })[],
  types: ReadonlyMap<string, TicketType>,
): Promise<{ ticketIds: string[]; change: SeatMapChange | null }> {
  await lockEventCopy(tx, eventId) // until the end nobody else invites anybody to this event
  const known = new Map(
    (await findGuests(tx, eventId)).map((each) => [`${each.ticketTypeId} ${each.key}`, each.ticketId]),
  )
  const ticketOf = ({ guest }: GuestTicket) => known.get(`${guest.ticketTypeId} ${guestKey(guest)}`)
  const fresh = drafts.filter((draft) => ticketOf(draft) === undefined)
  const ticketIds = drafts.map((draft) => ticketOf(draft) ?? draft.id)
  await moveGuestsTo(
    tx,
    drafts.flatMap(({ guest: { email, userId } }) => (userId === null ? [] : { email, userId })),
  )
  if (fresh.length === 0) return { ticketIds, change: null }

  const seatIds = fresh.flatMap(({ seatId }) => seatId ?? [])
  if (seatIds.length > 0) {
    const typeIds = fresh.flatMap(({ seatId, guest }) => (seatId === null ? [] : guest.ticketTypeId))
    const sold = new Set(
      await moveSeats(tx, { eventId, seatIds, types: typeIds, from: 'AVAILABLE', to: 'SOLD' }),
    )
    const taken = fresh.filter(({ seatId }) => seatId !== null && !sold.has(seatId))
    requireNoProblems(taken.map(({ row }) => ({ path: cellPath(row, 'seat'), message: 'is not free' })))
  }
  const items = fresh.map(({ guest: { id, userId, ticketTypeId } }) => ({
    userId: userId ?? id,
    ticketTypeId,
    quantity: 1,
  }))
  await addUsage(tx, usageChanges(items))
  await requireStock(tx, fresh, types)
  await insertGuestTickets(tx, fresh)
  await recordEvents(
    tx,
    fresh.map(({ id: ticketId, guest: { id: guestId, userId, name, email } }) => ({
      type: 'ticket.guest-invited' as const,
      aggregateId: guestId,
      payload: { guestId, ticketId, eventId, userId, name, email },
      consumers: ['user' as const],
    })),
  )
  const moves = stockMoves(items, 'available', 'sold')
  if (seatIds.length > 0) return { ticketIds, change: await moveStockOfSeats(tx, eventId, seatIds, moves) }
  if (!(await moveStock(tx, moves))) throw new Error('stock moved under its lock')
  return { ticketIds, change: null }
}

/** @throws BadUserInput for those rows for which general admission is not enough. */
async function requireStock(
  tx: Tx,
  fresh: readonly (GuestTicket & { row: number })[],
  types: ReadonlyMap<string, TicketType>,
): Promise<void> {
  const without = fresh.filter(({ seatId }) => seatId === null)
  if (without.length === 0) return
  const ids = [...new Set(without.map(({ guest }) => guest.ticketTypeId))]
  const left = await lockAvailable(tx, ids)
  const problems: FieldProblem[] = []
  for (const [typeId, rows] of Map.groupBy(without, ({ guest }) => guest.ticketTypeId)) {
    const available = left.get(typeId) ?? 0
    const message = `is sold out: ${available} of ${types.get(typeId)?.name ?? 'it'} are left`
    for (const { row } of rows.slice(available)) problems.push({ path: cellPath(row, 'ticketType'), message })
  }
  requireNoProblems(problems)
}
