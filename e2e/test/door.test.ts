import { eventually } from '@karcis/testkit/eventually'
import { expect, it } from 'vitest'
import { arena, createBooking, holdSeats, pay, signInAdmin, signUp, signUpOrganizer } from './builders.ts'
import { startKarcis } from './karcis.ts'

const CHECK_IN = `mutation ($input: CheckInInput!) {
  checkIn(input: $input) { id status checkedInAt owner { name } ticketType { name } seat { row number } event { title } }
}`

it('lets people in: a scanner for the door, its token, one entry a ticket, and the organizer sees it', async () => {
  await using karcis = await startKarcis()
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, vip, seat } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [
    seat('Front', 'A', 9),
    seat('Front', 'A', 10),
  ])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const { confirmPayment: paid } = await pay(karcis, buyer, booking.id)
  const [first, second] = paid.tickets

  const { createDoorDevice: device } = await karcis.run(
    'mutation ($input: CreateDoorDeviceInput!) { createDoorDevice(input: $input) { id token gate } }',
    { input: { eventId, name: 'Tablet 1', gate: 'North' } },
    organizer.token,
  )
  await using socket = karcis.connect(organizer.token)
  const recorded = socket.subscribe<{
    checkInRecorded: { checkIns: { ticket: { id: string; owner: { name: string } }; gate: string }[] }
  }>(
    `subscription ($eventId: ID!) {
      checkInRecorded(eventId: $eventId, sinceRevision: 0) { revision checkIns { gate outcome ticket { id owner { name } } } } }`,
    { eventId },
  )

  // Fifty people with a photo of one ticket at once.
  const scans = await Promise.all(
    Array.from({ length: 50 }, () =>
      karcis.attempt(CHECK_IN, { input: { code: first.code, eventId } }, device.token),
    ),
  )
  const admitted = scans.filter(({ errors }) => !errors)
  expect(admitted).toHaveLength(1)
  expect(admitted[0]?.data.checkIn).toMatchObject({
    id: first.id,
    status: 'USED',
    owner: { name: 'Budi' },
    ticketType: { name: 'VIP' },
    seat: { row: 'A', number: 9 },
  })
  for (const { errors } of scans.filter((scan) => scan.errors))
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'ALREADY_CHECKED_IN',
      deviceId: device.id,
      gate: 'North',
    })
  const told = await recorded.next()
  expect(told.data?.checkInRecorded.checkIns).toMatchObject([
    { gate: 'North', ticket: { id: first.id, owner: { name: 'Budi' } } },
  ])

  // The scanner can do that, and nothing else: neither as a person nor at another event.
  const denied = await karcis.attempt('{ me { id } myTickets { totalCount } }', {}, device.token)
  expect(denied.errors?.map(({ extensions }) => extensions?.code)).toEqual(['FORBIDDEN', 'FORBIDDEN'])
  const hold2 = 'mutation ($id: ID!) { holdTickets(input: { ticketTypeId: $id, quantity: 1 }) { id } }'
  const denied2 = await karcis.attempt(hold2, { id: vip }, device.token)
  expect(denied2.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const elsewhere = await arena(karcis, admin, organizer)
  const wrong = await karcis.attempt(
    CHECK_IN,
    { input: { code: second.code, eventId: elsewhere.eventId } },
    device.token,
  )
  expect(wrong.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const stranger = await karcis.attempt(CHECK_IN, { input: { code: second.code, eventId } }, buyer.token)
  expect(stranger.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')

  // Refunded before it was used: no way in, and the door says why.
  await karcis.run(
    'mutation ($id: ID!) { refundBooking(id: $id, reason: "Ill.") { status } }',
    { id: booking.id },
    admin,
  )
  const refunded = await karcis.attempt(CHECK_IN, { input: { code: second.code, eventId } }, device.token)
  expect(refunded.errors?.[0]?.extensions).toMatchObject({ code: 'TICKET_INVALID', reason: 'REFUNDED' })

  await karcis.run(
    'mutation ($id: ID!) { revokeDoorDevice(id: $id) { revokedAt } }',
    { id: device.id },
    organizer.token,
  )
  const revoked = await karcis.attempt(CHECK_IN, { input: { code: second.code, eventId } }, device.token)
  expect(revoked.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
})

it('goes on without a network, and with a ticket that was handed on', async () => {
  await using karcis = await startKarcis()
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, seat } = await arena(karcis, admin, organizer)
  const [buyer, friend] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Sari')]
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, [
    seat('Front', 'A', 9),
    seat('Front', 'A', 10),
  ])
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const [own, given] = (await pay(karcis, buyer, booking.id)).confirmPayment.tickets
  const scanner = async (name: string): Promise<string> => {
    const ask = 'mutation ($input: CreateDoorDeviceInput!) { createDoorDevice(input: $input) { token } }'
    return (await karcis.run(ask, { input: { eventId, name } }, organizer.token)).createDoorDevice.token
  }
  const [north, south] = [await scanner('North'), await scanner('South')]

  const BUNDLE = `query ($eventId: ID!, $since: String) {
    doorBundle(eventId: $eventId, since: $since) { whole cursor keys { kid } ticketTypes { tickets } } }`
  const { doorBundle: first } = await karcis.run(BUNDLE, { eventId }, north)
  const countOf = (bundle: { ticketTypes: { tickets: string }[] }): number =>
    bundle.ticketTypes.reduce((sum, { tickets }) => sum + Buffer.from(tickets, 'base64').length / 9, 0)
  expect(countOf(first)).toBe(2)
  // What changed while a transaction was open, of whatever database of the server, may be told again until that has ended.
  let since = first.cursor
  await eventually(async () => {
    const { doorBundle: again } = await karcis.run(BUNDLE, { eventId, since }, north)
    since = again.cursor
    expect(countOf(again)).toBe(0)
  })

  await karcis.run(
    'mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { status } }',
    { id: given.id, email: friend.email },
    buyer.token,
  )
  const mine = await karcis.run('{ myTickets { edges { node { id code status } } } }', {}, friend.token)
  const [{ node: theirs }] = mine.myTickets.edges
  const { doorBundle: changed } = await karcis.run(BUNDLE, { eventId, since }, north)
  expect(changed.whole).toBe(false)
  expect(countOf(changed)).toBe(2) // the one that was handed on, and what it is now

  const SYNC = `mutation ($input: [SyncCheckInInput!]!) { syncCheckIns(input: $input) { outcome reason ticket { id status } } }`
  const at = (secondsAgo: number): string => new Date(Date.now() - secondsAgo * 1_000).toISOString()
  const scan = (code: string, scannedAt: string) => ({ code, eventId, scannedAt })
  const later = await karcis.run(SYNC, { input: [scan(own.code, at(60)), scan(theirs.code, at(50))] }, south)
  expect(later.syncCheckIns).toMatchObject([{ outcome: 'ACCEPTED' }, { outcome: 'ACCEPTED' }])
  const earlier = await karcis.run(
    SYNC,
    { input: [scan(own.code, at(120)), scan(given.code, at(110))] },
    north,
  )
  expect(earlier.syncCheckIns).toMatchObject([
    { outcome: 'ACCEPTED', reason: null, ticket: { id: own.id, status: 'USED' } },
    { outcome: 'REFUSED', reason: 'TRANSFERRED', ticket: { id: given.id, status: 'TRANSFERRED' } },
  ])
  const STATS = 'query ($eventId: ID!) { checkInStats(eventId: $eventId) { total checkedIn flagged } }'
  const { checkInStats } = await karcis.run(STATS, { eventId }, organizer.token)
  expect(checkInStats).toEqual({ total: 2, checkedIn: 2, flagged: 2 })
})
