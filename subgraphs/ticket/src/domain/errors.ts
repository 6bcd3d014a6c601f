import { Conflict, KarcisError } from '@karcis/kit/errors'
import type { CheckInRefusal } from './check-ins/check-in.ts'

/** As many seats are named one by one; the rest is told by number. */
const MOST_NAMED = 1_000

export class SeatsUnavailable extends KarcisError {
  constructor(seatIds: readonly string[], message = 'Some of these seats are not free.') {
    super('SEATS_UNAVAILABLE', message, {
      seatIds: seatIds.slice(0, MOST_NAMED),
      ...(seatIds.length > MOST_NAMED && { count: seatIds.length }),
    })
  }
}

export class SeatsInUse extends KarcisError {
  /** @param inUse seats that somebody holds or has bought, each with what would become of it. */
  constructor(inUse: readonly { seat: NamedSeat; change: string }[]) {
    const named = inUse.slice(0, MOST_NAMED)
    super('SEATS_UNAVAILABLE', 'Somebody has seats that would not stay as they are. Nothing was changed.', {
      seatIds: named.map(({ seat }) => seat.id),
      seats: named.map(({ seat, change }) => ({
        id: seat.id,
        seat: `${seat.section} ${seat.rowLabel}-${seat.label ?? seat.number}`,
        status: seat.status,
        change,
      })),
      count: inUse.length,
    })
  }
}

interface NamedSeat {
  id: string
  section: string
  rowLabel: string
  label: string | null
  number: number
  status: string
}

export class OrphanSeat extends KarcisError {
  constructor(seatIds: readonly string[]) {
    super('ORPHAN_SEAT', 'This choice would leave a single seat alone. Move one seat over.', { seatIds })
  }
}

export class SoldOut extends KarcisError {
  /**
   * @param ticketTypeId of what. @param remaining how many are left. @param adjacent the longest row of neighbours left, where
   *   seats are chosen. @param alternatives what there is instead, where that was looked for.
   */
  constructor(
    ticketTypeId: string,
    remaining: number,
    adjacent?: number,
    alternatives?: readonly Record<string, unknown>[],
  ) {
    super('SOLD_OUT', remaining === 0 ? 'Nothing is left.' : 'Not enough is left.', {
      ticketTypeId,
      remaining,
      ...(adjacent !== undefined && { adjacent }),
      ...(alternatives !== undefined && { alternatives }),
    })
  }
}

export class SaleNotOpen extends KarcisError {
  constructor(saleStartsAt: Date | null, saleEndsAt: Date | null) {
    super('SALE_NOT_OPEN', 'This is not on sale now.', {
      saleStartsAt: saleStartsAt?.toISOString() ?? null,
      saleEndsAt: saleEndsAt?.toISOString() ?? null,
    })
  }
}

export class EventNotBookable extends KarcisError {
  constructor(eventId: string) {
    super('EVENT_NOT_BOOKABLE', 'This event is not open for booking.', { eventId })
  }
}

export class SalesPaused extends KarcisError {
  /** @param reason what the organizer, or the platform, has buyers told. */
  constructor(eventId: string, reason: string | null) {
    super('SALES_PAUSED', 'The sale of this event is paused. Nothing can be held or booked for now.', {
      eventId,
      reason,
    })
  }
}

export class AccessCodeRefused extends KarcisError {
  /** @param types that the code does not open, or that ask for one. */
  constructor(reason: 'MISSING' | 'WRONG', types: readonly { id: string }[]) {
    const missing = 'This is only for whoever has its access code.'
    super('FORBIDDEN', reason === 'MISSING' ? missing : 'This is not its access code.', {
      reason: `ACCESS_CODE_${reason}`,
      ticketTypeIds: types.map(({ id }) => id),
    })
  }
}

export class TooManyAccessCodes extends KarcisError {
  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', 'Too many access codes that are wrong. Wait a while.', { retryAfterSeconds })
  }
}

export class QueueRequired extends KarcisError {
  constructor(eventId: string) {
    super('QUEUE_REQUIRED', 'This event has a waiting room: join its queue, and hold when it is your turn.', {
      eventId,
    })
  }
}

/** A limit of what one person may have, and how far it is used up. */
export interface LimitFacts {
  /** The most that is allowed. */
  limit: number
  /** How much of it is left. */
  remaining: number
  /** The person's open holds of the event: what can be released to get below the limit. */
  holdIds: readonly string[]
}

export class LimitExceeded extends KarcisError {
  constructor(message: string, { limit, remaining, holdIds }: LimitFacts) {
    super('LIMIT_EXCEEDED', message, { limit, remaining, holdIds })
  }
}

export class HoldExpired extends KarcisError {
  constructor(holdId: string) {
    super('HOLD_EXPIRED', 'The time of this hold is up.', { holdId })
  }
}

export class BookingHoldsAlready extends Conflict {
  /** @param bookingId of the booking; null when only the database knows which of several it is. */
  constructor(bookingId: string | null) {
    super('This booking holds something else already.', { bookingId })
  }
}

/** What whoever stands at the door is told, in words, of a ticket that does not admit. */
const REFUSALS: Record<CheckInRefusal, string> = {
  FORGED: 'This is no code of a ticket, or none that was signed here.',
  UNKNOWN: 'There is no such ticket.',
  OTHER_EVENT: 'This ticket is for another event.',
  REFUNDED: 'This ticket was refunded.',
  CANCELLED: 'This ticket, or its event, was cancelled.',
  TRANSFERRED: 'This ticket was handed on to somebody else, who has a new code.',
  FROZEN: 'The payment of this ticket is in dispute. For the time being it admits nobody.',
  EXPIRED: 'The event of this ticket is over.',
  WRONG_GATE: 'This ticket is not valid at this gate.',
  WRONG_DAY: 'This ticket is not valid today.',
  NOT_INSIDE: 'Nobody is inside with this ticket.',
}

export class TicketInvalid extends KarcisError {
  /** @param facts what helps at the door, such as the gates that it is valid at. */
  constructor(reason: CheckInRefusal, facts: Record<string, unknown> = {}) {
    super('TICKET_INVALID', REFUSALS[reason], { reason, ...facts })
  }
}

export class AlreadyCheckedIn extends KarcisError {
  /** @param first when and by which scanner somebody was let in. */
  constructor(first: {
    ticketId: string
    checkedInAt: Date | null
    deviceId: string | null
    gate: string | null
  }) {
    super('ALREADY_CHECKED_IN', 'Somebody has come in with this ticket already.', {
      ...first,
      checkedInAt: first.checkedInAt?.toISOString() ?? null,
    })
  }
}
