import { ask } from '../api/ask.ts'
import { subscribe } from '../api/subscribe.ts'
import { type TicketNowResult, TicketNow } from '../generated/tickets/tickets.ts'
import type { TicketOfMine } from '../generated/tickets/tickets.ts'
import { TicketsOfBookingNow } from '../generated/tickets/tickets.ts'

type Now = NonNullable<TicketNowResult['ticket']>

/** Around the event a door may use the ticket at any moment, of which no subscription tells its owner: then it is asked for. */
const AROUND_MS = 6 * 3_600_000
const EVERY_MS = 20_000

/**
 * Follows where a ticket stands while its page is seen: refunds and what else ends it come by its booking, the door's use of it by asking.
 * @returns what ends that.
 */
export function followTicket(ticket: TicketOfMine, take: (now: Now) => void): () => void {
  const { id, booking, event } = ticket
  const look = () => {
    if (document.visibilityState !== 'visible' || !navigator.onLine) return
    ask(TicketNow, { id }).then(
      ({ ticket: now }) => now && take(now),
      () => undefined, // the page says when it was last read
    )
  }
  const stop = booking
    ? subscribe(TicketsOfBookingNow, { id: booking.id }, { next: () => look() })
    : () => undefined
  const now = Date.now()
  const isAround =
    event && now > Date.parse(event.startsAt) - AROUND_MS && now < Date.parse(event.endsAt) + AROUND_MS
  const timer = isAround ? setInterval(look, EVERY_MS) : undefined
  document.addEventListener('visibilitychange', look)
  return () => {
    stop()
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  }
}
