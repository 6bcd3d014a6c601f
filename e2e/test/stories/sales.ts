import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import { arena, createBooking, holdSeats, pay, signInAdmin, signUp, signUpOrganizer } from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const TOTALS = 'totals { currency bookings tickets gross net }'

/** shows an organizer what was sold and who is coming, as a list and as a file; others nothing of it. */
export async function salesStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  await using socket = karcis.connect(organizer.token)
  const sales = socket.subscribe<{ salesChanged: { totals: { tickets: number } } }>(
    `subscription ($eventId: ID!) { salesChanged(eventId: $eventId) { ${TOTALS} } }`,
    { eventId },
  )
  expect((await sales.next()).data?.salesChanged.totals.tickets).toBe(0)

  const buyer = await signUp(karcis, 'Budi')
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [
    seat('Front', 'A', 9),
    seat('Front', 'A', 10),
  ])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  await pay(karcis, buyer, booking.id)
  await sales.waitFor((message) => message.data?.salesChanged.totals.tickets === 2)

  const totals = { currency: 'IDR', bookings: 1, tickets: 2, gross: 600_000, net: 600_000 }
  const seen = await karcis.run(
    `query ($eventId: ID!) {
      salesReport(eventId: $eventId) { event { title } timezone ${TOTALS} byTicketType { name ticketType { name } ${TOTALS} }
        byMethod { method ${TOTALS} } byDay { ${TOTALS} } }
      mySales(first: 5) { ${TOTALS} edges { node { event { id } ${TOTALS} } } }
      event(id: $eventId) { sales { net } }
      leaderboard(first: 3) { rank tickets event { id } }
      attendees(eventId: $eventId) { totalCount edges { node { name email ticket { status seat { row number } ticketType { name } }
        booking { id status } user { name } } } } }`,
    { eventId },
    organizer.token,
  )
  expect(seen.salesReport).toMatchObject({
    totals,
    byDay: [{ totals }],
    byMethod: [{ method: 'WALLET', totals }],
    byTicketType: [{ name: 'VIP', ticketType: { name: 'VIP' }, totals }],
  })
  expect(seen.mySales).toEqual({ totals: [totals], edges: [{ node: { event: { id: eventId }, totals } }] })
  expect(seen.event.sales).toEqual({ net: 600_000 })
  expect(seen.leaderboard).toContainEqual({ rank: expect.any(Number), tickets: 2, event: { id: eventId } })
  expect(seen.attendees.totalCount).toBe(2)
  for (const { node } of seen.attendees.edges)
    expect(node).toMatchObject({
      name: 'Budi',
      email: buyer.email,
      user: { name: 'Budi' },
      ticket: { status: 'VALID', seat: { row: 'A' }, ticketType: { name: 'VIP' } },
      booking: { id: booking.id, status: 'PAID' },
    })

  const EXPORT = 'mutation ($eventId: ID!) { exportAttendees(eventId: $eventId) { url } }'
  const { exportAttendees } = await karcis.run(EXPORT, { eventId }, organizer.token)
  const file = await fetch(karcis.url + exportAttendees.url)
  expect(file.status).toBe(200)
  expect(Object.fromEntries(file.headers)).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': expect.stringContaining('attachment; filename="attendees-'),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  const lines = (await file.text()).split('\r\n')
  expect(lines).toHaveLength(4)
  expect(lines[1]).toContain(`"Budi","${buyer.email}","VIP","Front A-`)
  const forged = exportAttendees.url.replace(/.\.csv$/, '_.csv').replace('__', '_A')
  for (const wrong of [
    forged,
    '/exports/nonsense.csv',
    '/exports/',
    '/exports/a/b.csv',
    '/invoices/nonsense.pdf',
  ])
    expect((await fetch(karcis.url + wrong)).status).toBe(404)
  expect((await fetch(karcis.url + exportAttendees.url, { method: 'POST' })).status).toBe(405)

  for (const query of [
    'query ($eventId: ID!) { salesReport(eventId: $eventId) { timezone } }',
    'query ($eventId: ID!) { attendees(eventId: $eventId) { totalCount } }',
    EXPORT,
    '{ bookings { totalCount } }',
  ])
    expect((await karcis.attempt(query, { eventId }, buyer.token)).errors?.[0]?.extensions?.code).toBe(
      'FORBIDDEN',
    )
  const { event } = await karcis.run(
    'query ($eventId: ID!) { event(id: $eventId) { sales { net } } }',
    { eventId },
    buyer.token,
  )
  expect(event.sales).toBeNull()
  const found = await karcis.run(
    'query ($eventId: ID!) { bookings(filter: { eventId: $eventId }) { edges { node { id user { name } } } } }',
    { eventId },
    admin,
  )
  expect(found.bookings.edges).toEqual([{ node: { id: booking.id, user: { name: 'Budi' } } }])
  await eventually(async () => {
    const { leaderboard } = await karcis.run('{ leaderboard { tickets event { id } } }', {})
    expect(leaderboard).toContainEqual({ tickets: 2, event: { id: eventId } })
  })
}
