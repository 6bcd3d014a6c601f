import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import {
  arena,
  createBooking,
  holdSeats,
  PASSWORD,
  type Person,
  pay,
  signInAdmin,
  signUp,
  signUpOrganizer,
} from '../builders.ts'
import type { Karcis } from '../karcis.ts'
import { mailed } from '../mailed.ts'

const CHECK_IN = 'mutation ($input: CheckInInput!) { checkIn(input: $input) { id status owner { name } } }'
const STATS = 'query ($eventId: ID!) { checkInStats(eventId: $eventId) { total checkedIn } }'
const ATTENDEES =
  'query ($eventId: ID!) { attendees(eventId: $eventId) { edges { node { name ticket { id code } } } } }'
const BOOKINGS =
  'query ($eventId: ID!) { eventBookings(eventId: $eventId) { edges { node { id status user { name } } } } }'
const SALES = 'query ($eventId: ID!) { salesReport(eventId: $eventId) { totals { bookings } } }'
const GUESTS = 'mutation ($input: ImportGuestsInput!) { importGuests(input: $input) { id } }'
const CHANGE = 'mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { id description } }'
const PRICE =
  'mutation ($input: UpdateTicketTypeInput!) { updateTicketType(input: $input) { id description } }'
const PROMO = 'mutation ($input: CreatePromoCodeInput!) { createPromoCode(input: $input) { id } }'
const SCANNER = 'mutation ($input: CreateDoorDeviceInput!) { createDoorDevice(input: $input) { id } }'
const CANCEL = 'mutation ($eventId: ID!) { cancelEvent(id: $eventId, reason: "No") { id } }'
const FEES = 'mutation ($input: SetFeesInput!) { setFees(input: $input) { id } }'
const RESALE = 'mutation ($input: SetResaleInput!) { setResale(input: $input) { id } }'

/** staff of an event do what their roles are for, in every subgraph, and nothing more once they are taken off. */
export async function staffStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin)
  const { eventId, vip, standing, seat } = await arena(karcis, admin, organizer)
  const buyer = await signUp(karcis, 'Budi')
  const places = [seat('Front', 'A', 9), seat('Front', 'A', 10)]
  const { holdSeats: hold } = await holdSeats(karcis, buyer, eventId, places)
  const { createBooking: booking } = await createBooking(karcis, buyer, { holdId: hold.id })
  const [first, second] = (await pay(karcis, buyer, booking.id)).confirmPayment.tickets

  async function join(name: string, role: string): Promise<Person> {
    const member = await signUp(karcis, name)
    const token = await mailed(karcis, member.email, 'VERIFY_EMAIL')
    await karcis.run('mutation ($token: String!) { verifyEmail(token: $token) { id } }', { token })
    await karcis.run(
      `mutation ($eventId: ID!, $email: String!, $roles: [StaffRole!]!) {
        addEventStaff(eventId: $eventId, email: $email, roles: $roles) { id } }`,
      { eventId, email: member.email.toUpperCase(), roles: [role] },
      organizer.token,
    )
    const { acceptStaffInvitation: event } = await karcis.run(
      `mutation ($token: String!) { acceptStaffInvitation(token: $token) { id staff { roles user { name } } } }`,
      { token: await mailed(karcis, member.email, 'STAFF_INVITED') },
      member.token,
    )
    expect(event).toEqual({ id: eventId, staff: [{ roles: [role], user: { name } }] })
    return member
  }
  const door = await join('Dewi', 'DOOR')
  const sales = await join('Sari', 'SALES')
  const editor = await join('Eko', 'EDITOR')

  const csv = 'ticketType,name,email\nStanding,Tamu,tamu@karcis.test'
  const deeds = {
    checkIn: [CHECK_IN, { input: { eventId, code: first.code } }],
    stats: [STATS, { eventId }],
    attendees: [ATTENDEES, { eventId }],
    bookings: [BOOKINGS, { eventId }],
    sales: [SALES, { eventId }],
    guests: [GUESTS, { input: { eventId, csv } }],
    change: [CHANGE, { input: { id: eventId, description: 'As the editor has it' } }],
    price: [PRICE, { input: { id: vip, description: 'Close to the stage' } }],
    promo: [PROMO, { input: { eventId, code: 'STAFF', kind: 'PERCENT', percent: 10 } }],
    scanner: [SCANNER, { input: { eventId, name: 'Tablet' } }],
    cancel: [CANCEL, { eventId }],
    fees: [FEES, { input: { eventId, organizerFees: [] } }],
    resale: [RESALE, { input: { eventId, untilHoursBeforeStart: 24 } }],
  } as const
  type Deed = keyof typeof deeds
  /** What of all this somebody is refused, each for who they are. */
  async function refusedTo({ token }: Person): Promise<Deed[]> {
    const refused: Deed[] = []
    for (const [name, [document, variables]] of Object.entries(deeds) as [Deed, (typeof deeds)[Deed]][]) {
      const { errors } = await karcis.attempt(document, variables, token)
      if (!errors) continue
      expect([name, errors[0]?.extensions?.code]).toEqual([name, 'FORBIDDEN'])
      refused.push(name)
    }
    return refused
  }
  const all = Object.keys(deeds) as Deed[]
  const but = (...done: Deed[]) => all.filter((name) => !done.includes(name))

  expect(await refusedTo(await signUp(karcis, 'Orang'))).toEqual(all)
  await using socket = karcis.connect(door.token)
  const recorded = socket.subscribe(
    'subscription ($eventId: ID!) { checkInRecorded(eventId: $eventId) { checkIns { ticket { id owner { name } } } } }',
    { eventId },
  )
  await using sold = karcis.connect(sales.token)
  const selling = sold.subscribe(
    'subscription ($eventId: ID!) { salesChanged(eventId: $eventId) { totals { bookings } } }',
    { eventId },
  )
  expect((await selling.next()).data).toMatchObject({ salesChanged: { totals: { bookings: 1 } } })
  expect(await refusedTo(door)).toEqual(but('checkIn', 'stats'))
  expect((await recorded.next()).data).toMatchObject({
    checkInRecorded: { checkIns: [{ ticket: { id: first.id, owner: { name: 'Budi' } } }] },
  })
  expect(await refusedTo(sales)).toEqual(but('attendees', 'bookings', 'sales', 'guests'))
  expect(await refusedTo(editor)).toEqual(but('change', 'price', 'promo', 'scanner'))
  const seen = await karcis.run(BOOKINGS, { eventId }, sales.token)
  expect(seen.eventBookings.edges).toEqual([
    { node: { id: booking.id, status: 'PAID', user: { name: 'Budi' } } },
  ])
  const attending = await karcis.run(ATTENDEES, { eventId }, sales.token)
  expect(
    attending.attendees.edges.map(({ node }: { node: { ticket: { id: string } } }) => node.ticket.id),
  ).toContain(second.id)

  // What staff have done stands in the audit log in their own name.
  await eventually(async () => {
    const { auditLog } = await karcis.run(
      'query ($id: ID!) { auditLog(filter: { actorId: $id }) { edges { node { action } } } }',
      { id: editor.id },
      admin,
    )
    const actions = auditLog.edges.map(({ node }: { node: { action: string } }) => node.action)
    expect(actions).toEqual(
      expect.arrayContaining(['acceptStaffInvitation', 'updateEvent', 'updateTicketType', 'createPromoCode']),
    )
  })

  // Taken off: at once, whatever token they hold, and what they watch ends.
  const takeOff =
    'mutation ($eventId: ID!, $id: ID!) { removeEventStaff(eventId: $eventId, userId: $id) { staff { user { id } } } }'
  for (const { id } of [door, sales]) await karcis.run(takeOff, { eventId, id }, organizer.token)
  expect([await refusedTo(door), await refusedTo(sales)]).toEqual([all, all])
  const again = await karcis.run(CHECK_IN, { input: { eventId, code: second.code } }, organizer.token)
  expect(again.checkIn.status).toBe('USED')
  await createBooking(karcis, buyer, { ticketTypeId: standing, quantity: 1 }).then(
    ({ createBooking: more }) => pay(karcis, buyer, more.id),
  )
  await expect(recorded.completed).rejects.toThrow('or a role among its staff')
  const { errors: ended } = await selling.waitFor(({ errors }) => errors !== undefined)
  expect(ended?.[0]?.extensions?.code).toBe('FORBIDDEN')

  // Erased: off the staff, by what the user subgraph tells.
  await karcis.run(
    'mutation ($id: ID!, $input: DeleteUserInput!) { deleteUser(id: $id, input: $input) { id } }',
    { id: editor.id, input: { password: PASSWORD, acknowledgeLoss: true } },
    editor.token,
  )
  await eventually(async () => {
    const { event } = await karcis.run(
      'query ($id: ID!) { event(id: $id) { staff { id } } }',
      { id: eventId },
      organizer.token,
    )
    expect(event.staff).toEqual([])
  })
}
