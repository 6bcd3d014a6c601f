import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import { booksOf } from '../books.ts'
import { arena, createBooking, holdSeats, pay, signInAdmin, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const ENTRY = 'status position hold { id expiresAt items { quantity } seats { id } }'

/** sold out: who waits is offered what somebody gives back, buys it, and the other has their money. */
export async function resaleStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, vip, seats } = await arena(karcis, admin, organizer)
  await using books = await booksOf(karcis.databases)
  const [seller, waits, third] = [
    await signUp(karcis, 'Budi'),
    await signUp(karcis, 'Sari'),
    await signUp(karcis, 'Dewi'),
  ]
  const [mine, ...others] = seats.filter(({ section }) => section === 'Front').map(({ id }) => id)
  // All other seats of the type are out of sale.
  await karcis.run(
    'mutation ($eventId: ID!, $seatIds: [ID!]!) { blockSeats(eventId: $eventId, seatIds: $seatIds) { id } }',
    { eventId, seatIds: others },
    organizer.token,
  )
  const { holdSeats: hold } = await holdSeats(karcis, seller, eventId, [mine ?? ''])
  const { createBooking: booking } = await createBooking(karcis, seller, { holdId: hold.id })
  const { confirmPayment: paid } = await pay(karcis, seller, booking.id)
  const balance = async () => (await karcis.run('{ me { balance } }', {}, seller.token)).me.balance
  const before = await balance()

  const join = `mutation ($id: ID!) { joinWaitlist(ticketTypeId: $id) { ${ENTRY} } }`
  expect((await karcis.run(join, { id: vip }, waits.token)).joinWaitlist).toMatchObject({
    status: 'WAITING',
    position: 1,
  })
  await karcis.run(join, { id: vip }, third.token)
  await karcis.run(
    'mutation ($input: SetResaleInput!) { setResale(input: $input) { resaleUntil title } }',
    { input: { eventId, untilHoursBeforeStart: 1 } },
    organizer.token,
  )
  const offer = 'mutation ($id: ID!) { offerForResale(ticketId: $id) { status offeredAt } }'
  expect((await karcis.run(offer, { id: paid.tickets[0].id }, seller.token)).offerForResale.status).toBe(
    'VALID',
  )

  const look = `query ($id: ID!) { waitlistEntry(ticketTypeId: $id) { ${ENTRY} } }`
  const { waitlistEntry: entry } = await karcis.run(look, { id: vip }, waits.token)
  expect(entry).toMatchObject({ status: 'OFFERED', hold: { seats: [{ id: mine }] } })
  const { createBooking: theirs } = await createBooking(karcis, waits, { holdId: entry.hold.id })
  expect((await pay(karcis, waits, theirs.id)).confirmPayment.status).toBe('PAID')
  const { ticket } = await karcis.run(
    'query ($id: ID!) { ticket(id: $id) { status } }',
    { id: paid.tickets[0].id },
    seller.token,
  )
  expect(ticket.status).toBe('REFUNDED')
  await eventually(async () => expect(await balance()).toBe(before + booking.totalPrice), 20_000)
  expect((await karcis.run(look, { id: vip }, third.token)).waitlistEntry).toMatchObject({
    status: 'WAITING',
    position: 1,
  })
  await eventually(async () => expect(await books.unfinished()).toEqual([]), 20_000)
  expect(await books.contradictions()).toEqual([])
}
