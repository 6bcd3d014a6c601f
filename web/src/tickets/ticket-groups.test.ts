import { expect, it } from 'vitest'
import type { TicketOfMine } from '../generated/tickets/tickets.ts'
import { admits, besideTicket, groupTickets, referenceOf } from './ticket-groups.ts'

const NOW = Date.parse('2027-06-01T00:00:00Z')

function ticketOf(
  id: string,
  event: string,
  startsAt: string,
  given: Partial<TicketOfMine> = {},
): TicketOfMine {
  const endsAt = new Date(Date.parse(startsAt) + 3 * 3_600_000).toISOString()
  return {
    id,
    status: 'VALID',
    frozen: false,
    event: { id: event, status: 'APPROVED', startsAt, endsAt },
    ...given,
  } as TicketOfMine
}

const names = (groups: ReturnType<typeof groupTickets>['past']) => groups.map(({ event }) => event.id)

it('lists what is to come, the next first, and apart from it what is over, called off or given back, the last first', () => {
  const off = ticketOf('5', 'off', '2027-06-20T00:00:00Z')
  const tickets = [
    ticketOf('1', 'later', '2027-07-01T00:00:00Z'),
    ticketOf('2', 'soon', '2027-06-02T00:00:00Z'),
    ticketOf('3', 'over', '2027-05-01T00:00:00Z'),
    ticketOf('4', 'given back', '2027-06-10T00:00:00Z', { status: 'REFUNDED' }),
    { ...off, event: { ...off.event, status: 'CANCELLED' } } as TicketOfMine,
    ticketOf('6', 'now', '2027-05-31T22:00:00Z', { status: 'USED' }),
  ]
  const { upcoming, past } = groupTickets(tickets, NOW)
  expect(names(upcoming)).toEqual(['now', 'soon', 'later'])
  expect(names(past)).toEqual(['off', 'given back', 'over'])
})

it('goes through the tickets of one event that are alive, and through the one that was opened whatever it is', () => {
  const at = '2027-06-02T00:00:00Z'
  const [a, b, c, d] = [
    ticketOf('a', 'x', at),
    ticketOf('b', 'x', at, { status: 'TRANSFERRED' }),
    ticketOf('c', 'x', at),
    ticketOf('d', 'y', at),
  ] as const
  const ids = (opened: TicketOfMine) => besideTicket([d, c, b, a], opened).map(({ id }) => id)
  expect(ids(c)).toEqual(['a', 'c'])
  expect(ids(b)).toEqual(['a', 'b', 'c'])
})

it('says of one in dispute, used or of an event that is off that it admits nobody', () => {
  const valid = ticketOf('a', 'x', '2027-06-02T00:00:00Z')
  expect(admits(valid)).toBe(true)
  expect(admits({ ...valid, frozen: true })).toBe(false)
  expect(admits({ ...valid, status: 'USED' })).toBe(false)
  expect(admits({ ...valid, event: { ...valid.event, status: 'CANCELLED' } } as TicketOfMine)).toBe(false)
})

it('names a ticket as its paper does', () => {
  expect(referenceOf('0190a0e0-0000-7000-8000-00007f3a09bc')).toBe('7F3A-09BC')
})
