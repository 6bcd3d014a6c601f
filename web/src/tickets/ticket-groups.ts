import type { TicketOfMine } from '../generated/tickets/tickets.ts'

/** Tickets of one event that belong to one person. */
export interface TicketGroup {
  event: NonNullable<TicketOfMine['event']>
  /** Those that admit, or did, first. */
  tickets: readonly TicketOfMine[]
}

const isAlive = ({ status }: TicketOfMine): boolean => status === 'VALID' || status === 'USED'

/** Whether it admits somebody, as far as is known here. */
export const admits = ({ status, frozen, event }: TicketOfMine): boolean =>
  status === 'VALID' && !frozen && event?.status !== 'CANCELLED'

/** Tickets by event: what is to come, the next first; and what is over or came to nothing, the last first. @param now in milliseconds. */
export function groupTickets(
  tickets: readonly TicketOfMine[],
  now: number,
): { upcoming: TicketGroup[]; past: TicketGroup[] } {
  const groups = new Map<string, TicketGroup & { tickets: TicketOfMine[] }>()
  for (const ticket of tickets) {
    if (!ticket.event) continue
    const group = groups.get(ticket.event.id) ?? { event: ticket.event, tickets: [] }
    group.tickets.push(ticket)
    groups.set(ticket.event.id, group)
  }
  const inOrder = Array.from(groups.values(), ({ event, tickets: some }) => ({
    event,
    tickets: some.toSorted((a, b) => Number(isAlive(b)) - Number(isAlive(a)) || a.id.localeCompare(b.id)),
  })).toSorted((a, b) => a.event.startsAt.localeCompare(b.event.startsAt))
  const isToCome = ({ event, tickets: some }: TicketGroup) =>
    Date.parse(event.endsAt) > now && event.status !== 'CANCELLED' && some.some(isAlive)
  return {
    upcoming: inOrder.filter(isToCome),
    past: inOrder.filter((group) => !isToCome(group)).reverse(),
  }
}

/** What one goes through by swiping: the tickets of an event that are alive, and the one that was opened whatever it is. */
export const besideTicket = (tickets: readonly TicketOfMine[], ticket: TicketOfMine): TicketOfMine[] =>
  tickets
    .filter((one) => one.id === ticket.id || (one.event?.id === ticket.event?.id && isAlive(one)))
    .toSorted((a, b) => a.id.localeCompare(b.id))

/** What people tell a ticket by, as on paper: the end of its id. */
export const referenceOf = (id: string): string =>
  id
    .slice(-8)
    .toUpperCase()
    .replace(/^(.{4})/, '$1-')

/** What a ticket admits to, in words; a seat whose section is sold as what it is called is not named twice. @param seatText as `t.seat`. */
export function placeOf(
  {
    ticketType,
    seat,
  }: { ticketType: { name: string } | null; seat: { section: string; row: string; label: string } | null },
  seatText: (section: string, row: string, label: string) => string,
): string {
  const type = ticketType?.name === seat?.section ? '' : ticketType?.name
  return [type, seat && seatText(seat.section, seat.row, seat.label)].filter(Boolean).join(' · ')
}
