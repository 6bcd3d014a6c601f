import { CLOCK_TOLERANCE_SECONDS } from '@karcis/kit/contracts/tokens'
import { transaction } from '@karcis/kit/database'
import { idSchema, newId } from '@karcis/kit/ids'
import { Conflict, NotFound } from '@karcis/kit/errors'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { requireDuty } from '../allocation/known-events.ts'
import { refusalOf, type TicketAtDoor } from '../check-ins/admission.ts'
import type { CheckIn, Direction, Scanner } from '../check-ins/check-in.ts'
import {
  findTicketsAtDoor,
  insertCheckIns,
  listCheckInsOfTickets,
  moveCheckInsToUndone,
  moveTicketBack,
  moveTicketIn,
  moveTicketOut,
  raiseDoorRevision,
} from '../check-ins/check-in-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { AlreadyCheckedIn, TicketInvalid } from '../errors.ts'
import { publishCheckIns } from '../live.ts'
import { verificationKeys } from '../tickets/ticket-code.ts'
import { verifyTicketCode } from '../tickets/verify-ticket-code.ts'
import { type Asker, requireScanner } from './access.ts'

/** What a code can be long: those of before are JWS. */
const MAX_CODE = 1_000

/** What says of one scan what was scanned, and where. */
export const scanFields = {
  code: z.string().min(1, 'must not be empty').max(MAX_CODE, `must have at most ${MAX_CODE} characters`),
  eventId: idSchema,
  deviceId: nameSchema(60).nullish(),
  gate: nameSchema(60).nullish(),
  direction: z.enum(['ENTRY', 'EXIT']).nullish(),
}

const checkInSchema = z.object({ ...scanFields, scannedAt: instantSchema.nullish() })

/**
 * Lets somebody in, or out, with the code of a ticket. Of any number who come with one code at once, one is let in.
 * @returns the id of the ticket.
 * @throws Unauthenticated, Forbidden, NotFound, BadUserInput, TicketInvalid (with the reason), AlreadyCheckedIn, ServiceUnavailable.
 */
export async function checkIn(deps: Deps, asker: Asker, input: unknown): Promise<string> {
  const { code, eventId, scannedAt, direction, ...given } = parseInput(checkInSchema, input)
  const scanner = await requireScanner(deps, asker, eventId, given)
  const claims = await verifyTicketCode(code, await verificationKeys(deps.signingKeys))
  if (!claims) throw new TicketInvalid('FORGED')
  if (claims.eventId !== eventId) throw new TicketInvalid('OTHER_EVENT')
  const scan = { scanner, direction: direction ?? 'ENTRY', scannedAt: scannedAt ?? null }
  await transaction(deps.db, (tx) => record(tx, claims.ticketId, scan))
  publishCheckIns(deps.live, eventId)
  return claims.ticketId
}

interface Scan {
  scanner: Scanner
  direction: Direction
  scannedAt: Date | null
}

async function record(tx: Tx, ticketId: string, { scanner, direction, scannedAt }: Scan): Promise<void> {
  const ticket = await requireAdmitting(tx, ticketId, scanner, direction)
  const at = await timeOf(tx, ticket, scannedAt)
  const isMoved =
    direction === 'ENTRY'
      ? await moveTicketIn(tx, ticketId, at, ticket.reentry)
      : await moveTicketOut(tx, ticketId)
  if (!isMoved) throw await whyNot(tx, ticketId, scanner, direction)
  const revision = await raiseDoorRevision(tx, ticket.eventId)
  const { eventId } = ticket
  const facts = { ...scanner, direction, scannedAt: at, outcome: 'ACCEPTED', reason: null } as const
  const written = await insertCheckIns(tx, [{ ...facts, id: newId(), eventId, ticketId, revision }])
  // Only one that was taken back can be in its place: everything else is told above.
  if (written.length === 0) throw new Conflict('This very scan was taken back by the organizer. Scan again.')
}

/** The ticket, if nothing but its scans can be in the way. @throws TicketInvalid. */
async function requireAdmitting(
  tx: Tx,
  ticketId: string,
  { gate }: Scanner,
  direction: Direction,
): Promise<TicketAtDoor> {
  const ticket = (await findTicketsAtDoor(tx, [ticketId])).get(ticketId)
  if (!ticket) throw new TicketInvalid('UNKNOWN')
  const reason = refusalOf(ticket, { direction, gate, at: ticket.now })
  if (!reason) return ticket
  throw new TicketInvalid(reason, {
    ticketId,
    ...(reason === 'WRONG_GATE' && { gates: ticket.gates }),
    ...(reason === 'WRONG_DAY' && { days: ticket.days }),
  })
}

/**
 * The scanner's time, unless its clock is ahead of ours, or behind what the ticket was scanned at before: then the database's, so that
 * the order of a ticket's scans is that in which they were.
 */
async function timeOf(tx: Tx, { id, status, now }: TicketAtDoor, scannedAt: Date | null): Promise<Date> {
  if (!scannedAt || scannedAt.getTime() > now.getTime() + CLOCK_TOLERANCE_SECONDS * 1_000) return now
  if (status !== 'USED') return scannedAt
  const scans = (await listCheckInsOfTickets(tx, [id])).get(id) ?? []
  return scans.some((scan) => scan.scannedAt >= scannedAt) ? now : scannedAt
}

/** Why nobody was let in, or out: what the ticket is now says it. */
async function whyNot(tx: Tx, ticketId: string, scanner: Scanner, direction: Direction): Promise<Error> {
  const ticket = await requireAdmitting(tx, ticketId, scanner, direction)
  if (direction === 'EXIT') return new TicketInvalid('NOT_INSIDE', { ticketId })
  if (ticket.status !== 'USED') return new Conflict('This ticket has just changed. Scan again.', { ticketId })
  const scans = (await listCheckInsOfTickets(tx, [ticketId])).get(ticketId) ?? []
  const first = scans.find(isEntry)
  const { deviceId = null, gate = null } = first ?? {}
  return new AlreadyCheckedIn({ ticketId, checkedInAt: ticket.checkedInAt, deviceId, gate })
}

const isEntry = ({ direction, outcome }: CheckIn): boolean => direction === 'ENTRY' && outcome === 'ACCEPTED'

/**
 * Takes back that a ticket was used: it admits again, and none of its scans counts any more. By the organizer of its event, or an admin.
 * @returns the id of the ticket.
 * @throws Forbidden, NotFound, BadUserInput, Conflict (it is not used), ServiceUnavailable.
 */
export async function undoCheckIn(deps: Deps, viewer: Viewer, id: string): Promise<string> {
  const ticketId = parseInput(idSchema, id, 'ticketId')
  const ticket = (await findTicketsAtDoor(deps.db, [ticketId])).get(ticketId)
  if (!ticket) throw new NotFound('ticket', ticketId)
  const { eventId } = ticket
  await requireDuty(deps, viewer, eventId, 'OWN')
  await transaction(deps.db, async (tx) => {
    if (!(await moveTicketBack(tx, ticketId))) throw new Conflict('This ticket is not used.', { ticketId })
    await moveCheckInsToUndone(tx, ticketId, await raiseDoorRevision(tx, eventId))
  })
  publishCheckIns(deps.live, eventId)
  return ticketId
}
