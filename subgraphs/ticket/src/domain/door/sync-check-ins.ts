import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { instantSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { isJudgedByOthers, judge, refusalOf, type TicketAtDoor } from '../check-ins/admission.ts'
import type { CheckIn, CheckInOutcome, CheckInRefusal, Direction, Scanner } from '../check-ins/check-in.ts'
import {
  findTicketsAtDoor,
  insertCheckIns,
  listCheckInsOfTickets,
  lockTicketsAtDoor,
  type NewCheckIn,
  raiseDoorRevision,
  type TicketUse,
  updateOutcomes,
  updateTicketUse,
} from '../check-ins/check-in-store.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { publishCheckIns } from '../live.ts'
import { verificationKeys, type VerificationKey } from '../tickets/ticket-code.ts'
import { verifyTicketCode } from '../tickets/verify-ticket-code.ts'
import { type Asker, requireScanner } from './access.ts'
import { scanFields } from './check-in.ts'

/** A device that was offline for a whole evening sends them in portions. */
const MOST_SCANS = 500

const syncSchema = z
  .array(z.object({ ...scanFields, scannedAt: instantSchema }))
  .min(1, 'must have a scan')
  .max(MOST_SCANS, `must have at most ${MOST_SCANS}`)

/** What became of one scan that was sent. */
export interface SyncedCheckIn {
  outcome: CheckInOutcome
  reason: CheckInRefusal | null
  scannedAt: Date
  /** Of a code that was signed here, for an event of this door. */
  ticketId: string | null
}

/** A scan whose code was opened. */
interface OfflineScan {
  /** Where it stands in what was sent. */
  at: number
  eventId: string
  ticketId: string
  scanner: Scanner
  direction: Direction
  scannedAt: Date
}

/**
 * Takes in what scanners have let in or out while they were offline, in any order and however often it is sent: of all entries with a
 * ticket the earliest counts, by its own time, and every other one is flagged.
 * @returns what became of each, in the order in which they were sent.
 * @throws Unauthenticated, Forbidden, NotFound, BadUserInput, ServiceUnavailable; then none was taken in.
 */
export async function syncCheckIns(deps: Deps, asker: Asker, input: unknown): Promise<SyncedCheckIn[]> {
  const sent = parseInput(syncSchema, input)
  const keys = await verificationKeys(deps.signingKeys)
  const scanners = new Map<string, Scanner>()
  const results: SyncedCheckIn[] = []
  const scans: OfflineScan[] = []
  for (const [at, { code, eventId, direction, scannedAt, ...given }] of sent.entries()) {
    const who = JSON.stringify([eventId, given.deviceId, given.gate])
    const scanner = scanners.get(who) ?? (await requireScanner(deps, asker, eventId, given))
    scanners.set(who, scanner)
    const opened = await open(code, eventId, keys)
    results.push({ outcome: 'REFUSED', reason: opened.reason, scannedAt, ticketId: opened.ticketId })
    if (opened.ticketId !== null)
      scans.push({
        at,
        eventId,
        ticketId: opened.ticketId,
        scanner,
        direction: direction ?? 'ENTRY',
        scannedAt,
      })
  }
  // One event after the other: at its door all check-ins of an event wait for each other.
  for (const [eventId, ofEvent] of [...Map.groupBy(scans, (scan) => scan.eventId)].sort()) {
    const recorded = await transaction(deps.db, (tx) => takeIn(tx, eventId, ofEvent))
    for (const [at, { outcome, reason }] of recorded) Object.assign(results[at] ?? {}, { outcome, reason })
    publishCheckIns(deps.live, eventId)
  }
  return results
}

type Opened = { ticketId: string; reason: null } | { ticketId: null; reason: CheckInRefusal }

async function open(code: string, eventId: string, keys: readonly VerificationKey[]): Promise<Opened> {
  const claims = await verifyTicketCode(code, keys)
  if (!claims) return { ticketId: null, reason: 'FORGED' }
  return claims.eventId === eventId
    ? { ticketId: claims.ticketId, reason: null }
    : { ticketId: null, reason: 'OTHER_EVENT' }
}

/** What became of a scan, by its place in what was sent. */
type Recorded = Map<number, Pick<CheckIn, 'outcome' | 'reason'>>

async function takeIn(tx: Tx, eventId: string, scans: readonly OfflineScan[]): Promise<Recorded> {
  const ticketIds = [...new Set(scans.map(({ ticketId }) => ticketId))]
  await lockTicketsAtDoor(tx, ticketIds)
  const tickets = await findTicketsAtDoor(tx, ticketIds)
  const known = await listCheckInsOfTickets(tx, ticketIds)
  const revision = await raiseDoorRevision(tx, eventId)
  const recorded: Recorded = new Map()
  const added: NewCheckIn[] = []
  const changed: CheckIn[] = []
  const uses: TicketUse[] = []
  for (const [ticketId, ofTicket] of Map.groupBy(scans, (scan) => scan.ticketId)) {
    const ticket = tickets.get(ticketId)
    if (!ticket) {
      for (const { at } of ofTicket) recorded.set(at, { outcome: 'REFUSED', reason: 'UNKNOWN' })
      continue
    }
    const judged = judgeAll(ticket, known.get(ticketId) ?? [], ofTicket, revision)
    for (const { at, direction, scanner, scannedAt } of ofTicket) {
      const scan = judged.scans.get(keyOf({ direction, deviceId: scanner.deviceId, scannedAt }))
      if (scan) recorded.set(at, scan)
    }
    added.push(...judged.added)
    changed.push(...judged.changed)
    if (judged.use) uses.push(judged.use)
  }
  await updateTicketUse(tx, uses)
  await insertCheckIns(tx, added)
  await updateOutcomes(tx, changed, revision)
  return recorded
}

/** By which the repeat of a scan of a ticket is known, as by `check_ins_once_per_scan`. */
const keyOf = ({
  direction,
  deviceId,
  scannedAt,
}: Pick<CheckIn, 'direction' | 'deviceId' | 'scannedAt'>): string =>
  `${direction} ${scannedAt.toISOString()} ${deviceId}`

interface JudgedTicket {
  /** All scans of the ticket, with those that are new, by `keyOf`. */
  scans: Map<string, CheckIn>
  added: CheckIn[]
  changed: CheckIn[]
  /** What its scans have come to; null of a ticket that admits nobody any more. */
  use: TicketUse | null
}

/** Judges what is known of a ticket and what is new together. */
function judgeAll(
  ticket: TicketAtDoor,
  known: readonly CheckIn[],
  sent: readonly OfflineScan[],
  revision: number,
): JudgedTicket {
  const scans = new Map(known.map((scan) => [keyOf(scan), scan]))
  const added: CheckIn[] = []
  for (const scan of sent) {
    const kept = asCheckIn(ticket, scan, revision)
    if (scans.has(keyOf(kept))) continue
    scans.set(keyOf(kept), kept)
    added.push(kept)
  }
  const isLive = ticket.status === 'VALID' || ticket.status === 'USED'
  if (!isLive) return { scans, added, changed: [], use: null }
  const { outcomes, checkedInAt, inside } = judge(
    [...scans.values()].filter(isJudgedByOthers),
    ticket.reentry,
  )
  const changed: CheckIn[] = []
  for (const scan of scans.values()) {
    const now = outcomes.get(scan.id)
    if (!now || (now.outcome === scan.outcome && now.reason === scan.reason)) continue
    Object.assign(scan, now)
    if (!added.includes(scan)) changed.push(scan)
  }
  return { scans, added, changed, use: { id: ticket.id, checkedInAt, inside } }
}

/** A scan as it is kept, refused where the ticket is the reason; otherwise other scans decide. */
function asCheckIn(ticket: TicketAtDoor, scan: OfflineScan, revision: number): CheckIn {
  const { eventId, ticketId, scanner, direction, scannedAt } = scan
  const reason = refusalOf(ticket, { direction, gate: scanner.gate, at: scannedAt })
  return {
    id: newId(),
    eventId,
    ticketId,
    ...scanner,
    direction,
    scannedAt,
    recordedAt: ticket.now,
    outcome: reason ? 'REFUSED' : 'ACCEPTED',
    reason,
    revision,
  }
}
