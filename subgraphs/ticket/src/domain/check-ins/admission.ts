import type { TicketStatus } from '../tickets/ticket.ts'
import type { CheckIn, CheckInRefusal, Direction } from './check-in.ts'

/** Where and when a ticket type admits. */
export interface AdmissionRule {
  /** Null for all. */
  gates: readonly string[] | null
  /** Days of the event, from 1; null for all. */
  days: readonly number[] | null
}

/** A ticket as a door judges it, with its event and the rule of its type. */
export interface TicketAtDoor extends AdmissionRule {
  id: string
  eventId: string
  status: TicketStatus
  frozen: boolean
  inside: boolean
  checkedInAt: Date | null
  eventStatus: string
  startsAt: Date
  endsAt: Date
  /** IANA name. */
  timezone: string
  /** Whether somebody who has left may come in again. */
  reentry: boolean
  /** The database's time. */
  now: Date
}

/** Tickets that are over say so by their status. */
const ENDED = new Set<TicketStatus>(['REFUNDED', 'CANCELLED', 'TRANSFERRED'])

/**
 * Why a ticket does not admit at a moment, whether or not somebody is inside with it already; null when nothing is in the way.
 * Whoever goes out is let out at any gate, on any day, and after the event.
 */
export function refusalOf(
  ticket: TicketAtDoor,
  { direction, gate, at }: { direction: Direction; gate: string | null; at: Date },
): CheckInRefusal | null {
  if (ENDED.has(ticket.status)) return ticket.status as CheckInRefusal
  if (direction === 'EXIT') return null
  if (ticket.eventStatus !== 'APPROVED') return 'CANCELLED'
  if (ticket.frozen) return 'FROZEN'
  if (at > ticket.endsAt) return 'EXPIRED'
  if (ticket.days !== null && !ticket.days.includes(dayOfEvent(ticket, at))) return 'WRONG_DAY'
  if (ticket.gates !== null && gate !== null && !ticket.gates.includes(gate)) return 'WRONG_GATE'
  return null
}

/** A day of an event begins when hardly anybody is up: who comes after midnight comes with the tickets of the evening. */
const DAY_BEGINS_HOUR = 5

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

interface Schedule {
  startsAt: Date
  timezone: string
}

/** Which day of its event a moment is on, where the event is: 1 for the day on which it starts, 0 and less for those before. */
export const dayOfEvent = ({ startsAt, timezone }: Schedule, at: Date): number =>
  1 + dayNumber(at, timezone) - dayNumber(startsAt, timezone)

/** Calendar days since 1970 in a time zone, each from five o'clock in the morning on. */
function dayNumber(at: Date, timezone: string): number {
  const { year = '', month = '', day = '', hour = '' } = partsOf(at, timezone)
  const night = Number(hour) < DAY_BEGINS_HOUR ? 1 : 0
  return Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS - night
}

function partsOf(at: Date, timeZone: string): Partial<Record<string, string>> {
  const format = formatOf(timeZone)
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making one takes much longer than using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  formats.set(timeZone, made)
  return made
}

/** When a day of an event begins: five o'clock in the morning, where the event is. */
export function beginOfDay({ startsAt, timezone }: Schedule, day: number): Date {
  return instantAt((dayNumber(startsAt, timezone) + day - 1) * DAY_MS + DAY_BEGINS_HOUR * HOUR_MS, timezone)
}

/** The moment at which clocks of a time zone show something. @param shown it, as if they showed UTC. */
export function instantAt(shown: number, timezone: string): Date {
  // What the clock there shows is taken for UTC, and put right by how far that is off: twice, since summer time may lie in between.
  let instant = shown
  for (let round = 0; round < 2; round++) instant += shown - wallClock(new Date(instant), timezone)
  return new Date(instant)
}

/** What clocks of a time zone show, as if they showed UTC; to the minute. */
function wallClock(at: Date, timezone: string): number {
  const { year = '', month = '', day = '', hour = '', minute = '' } = partsOf(at, timezone)
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute))
}

/** What the scans of a ticket come to, when all of them are looked at in the order of their times. */
export interface Judged {
  outcomes: Map<string, Pick<CheckIn, 'outcome' | 'reason'>>
  /** When whoever has the ticket came in first; null when nobody has. */
  checkedInAt: Date | null
  inside: boolean
}

/**
 * Judges the scans of one ticket that nothing but other scans of it can be in the way of. The earliest entry counts, and keeps its time,
 * whenever it is heard of; every entry of somebody who is inside, or may not come in again, is a duplicate.
 */
export function judge(scans: readonly CheckIn[], reentry: boolean): Judged {
  const judged: Judged = { outcomes: new Map(), checkedInAt: null, inside: false }
  for (const scan of scans.toSorted(byTime)) {
    const isFree = scan.direction === 'ENTRY' ? canEnter(judged, reentry) : judged.inside
    if (isFree) {
      judged.inside = scan.direction === 'ENTRY'
      judged.checkedInAt ??= scan.scannedAt
      judged.outcomes.set(scan.id, { outcome: 'ACCEPTED', reason: null })
    } else if (scan.direction === 'ENTRY')
      judged.outcomes.set(scan.id, { outcome: 'DUPLICATE', reason: null })
    else judged.outcomes.set(scan.id, { outcome: 'REFUSED', reason: 'NOT_INSIDE' })
  }
  return judged
}

const canEnter = ({ checkedInAt, inside }: Judged, reentry: boolean): boolean =>
  !inside && (checkedInAt === null || reentry)

/** Of two at one time always the same comes first, in whatever order they are heard of. */
const byTime = (a: CheckIn, b: CheckIn): number =>
  a.scannedAt.getTime() - b.scannedAt.getTime() || (orderOf(a) < orderOf(b) ? -1 : 1)

const orderOf = ({ direction, deviceId }: CheckIn): string => `${direction} ${deviceId}`

/** Whether only other scans of the same ticket decide about a scan. */
export const isJudgedByOthers = ({ outcome, reason }: Pick<CheckIn, 'outcome' | 'reason'>): boolean =>
  outcome === 'ACCEPTED' || outcome === 'DUPLICATE' || reason === 'NOT_INSIDE'
