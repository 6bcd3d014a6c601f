import type { Api } from '../karcis.ts'
import {
  approvedEvent,
  createBooking,
  PASSWORD,
  pay,
  type Person,
  signInAdmin,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../builders.ts'
import type { Loose } from '@karcis/testkit/gql'

/**
 * Who asks. Things of buyers belong to the customer, things of events to the organizer; the others have the same of their own. Those who
 * may least come first, so that what somebody does who may is done when they have been refused.
 */
export const ROLES = [
  'anonymous',
  'guest',
  'otherCustomer',
  'otherOrganizer',
  'door',
  'doorMember',
  'salesMember',
  'editorMember',
  'customer',
  'organizer',
  'admin',
] as const

export type Role = (typeof ROLES)[number]

/** One prepared world, in which everybody asks for the same things. */
export type World = Awaited<ReturnType<typeof makeWorld>>

/**
 * @param hasGuests whether somebody can buy without an account.
 * @param end has an event be over, as nobody can by the API.
 * @param staff has people be on the staff of all events that an organizer will have, each in one role.
 */
export async function makeWorld(
  karcis: Api,
  hasGuests: boolean,
  end: (eventId: string) => Promise<unknown>,
  staff: (organizerId: string, members: Record<'DOOR' | 'SALES' | 'EDITOR', string>) => Promise<unknown>,
) {
  const adminToken = await signInAdmin(karcis)
  const { me } = await karcis.run('{ me { id } }', {}, adminToken)
  const [organizer, otherOrganizer] = [
    await signUpOrganizer(karcis, adminToken),
    await signUpOrganizer(karcis, adminToken, 'Tono'),
  ]
  const [customer, otherCustomer] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Mallory')]
  const members = {
    DOOR: await signUp(karcis, 'Dewi'),
    SALES: await signUp(karcis, 'Sari'),
    EDITOR: await signUp(karcis, 'Eko'),
  }
  await staff(organizer.id, {
    DOOR: members.DOOR.id,
    SALES: members.SALES.id,
    EDITOR: members.EDITOR.id,
  })
  const [organizes, alsoOrganizes] = [await signedIn(organizer), await signedIn(otherOrganizer)]
  let texts = 0

  /** A token with the role that the account has by now. */
  async function signedIn(person: Person): Promise<Person> {
    const { login } = await karcis.run(
      'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }',
      { input: { email: person.email, password: PASSWORD } },
    )
    return { ...person, token: login.accessToken, refreshToken: login.refreshToken }
  }

  const asOrganizer = <T = Loose>(query: string, variables: object = {}): Promise<T> =>
    karcis.run(query, variables as Record<string, unknown>, organizes.token)
  const asAdmin = <T = Loose>(query: string, variables: object = {}): Promise<T> =>
    karcis.run(query, variables as Record<string, unknown>, adminToken)
  const asCustomer = <T = Loose>(query: string, variables: object = {}): Promise<T> =>
    karcis.run(query, variables as Record<string, unknown>, customer.token)

  const eventId = await approvedEvent(karcis, adminToken, organizes)
  const PLACE = 'venue { id } room { id } category { id } slug'
  const { event } = await asOrganizer(`query ($id: ID!) { event(id: $id) { ${PLACE} } }`, { id: eventId })
  const typeOf = (of: string, details: object = {}) =>
    ticketType(karcis, organizes, of, { name: text(), price: 1_000, quota: 100, ...details })
  // One person asks for more here than anybody buys.
  await asOrganizer('mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { id } }', {
    input: { id: eventId, maxOpenPlaces: 100 },
  })
  const standing = await typeOf(eventId, { name: 'Standing' })
  const [seated, best] = [await typeOf(eventId, { quota: 200 }), await typeOf(eventId)]
  const SEAT_MAP =
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { seats { id section } } }'
  const sections = [
    { name: 'Front', ticketTypeId: seated, rows: 10, seatsPerRow: 20 },
    { name: 'Back', ticketTypeId: best, rows: 5, seatsPerRow: 20 },
  ]
  const { createSeatMap } = await asOrganizer(SEAT_MAP, { input: { eventId, sections } })
  const seats: string[] = createSeatMap.seats
    .filter(({ section }: Loose) => section === 'Front')
    .map(({ id }: Loose) => id)
  let nextSeat = 0

  /** Text that nothing else has. */
  function text(): string {
    texts += 1
    return `Something ${texts}`
  }

  async function booking(quantity = 1, ticketTypeId = standing): Promise<string> {
    return (await createBooking(karcis, customer, { ticketTypeId, quantity })).createBooking.id
  }

  async function paid(quantity = 1, ticketTypeId = standing): Promise<Loose> {
    return (await pay(karcis, customer, await booking(quantity, ticketTypeId))).confirmPayment
  }

  async function hold(): Promise<string> {
    const HOLD = 'mutation ($input: HoldTicketsInput!) { holdTickets(input: $input) { id } }'
    return (await asCustomer(HOLD, { input: { ticketTypeId: standing, quantity: 1 } })).holdTickets.id
  }

  const device = async (): Promise<Loose> =>
    (
      await asOrganizer(
        'mutation ($input: CreateDoorDeviceInput!) { createDoorDevice(input: $input) { id token } }',
        { input: { eventId, name: text() } },
      )
    ).createDoorDevice

  const tokens: Partial<Record<Role, string>> = {
    otherCustomer: otherCustomer.token,
    otherOrganizer: alsoOrganizes.token,
    door: (await device()).token,
    doorMember: members.DOOR.token,
    salesMember: members.SALES.token,
    editorMember: members.EDITOR.token,
    customer: customer.token,
    organizer: organizes.token,
    admin: adminToken,
  }
  if (hasGuests) {
    const { continueAsGuest } = await karcis.run(
      'mutation ($input: ContinueAsGuestInput!) { continueAsGuest(input: $input) { accessToken } }',
      { input: { email: 'guest@karcis.test', name: 'Guest' } },
    )
    tokens.guest = continueAsGuest.accessToken
  }

  return {
    karcis,
    roles: ROLES.filter((role) => role !== 'guest' || hasGuests),
    /** Nobody's is undefined. */
    tokens,
    people: { admin: { id: me.id as string }, organizer, otherOrganizer, customer, otherCustomer },
    text,
    asOrganizer,
    asAdmin,
    asCustomer,
    eventId,
    slug: event.slug as string,
    venueId: event.venue.id as string,
    roomId: event.room.id as string,
    categoryId: event.category.id as string,
    standing,
    /** Of seats of which the best are asked for. */
    best,
    /** A seat that nobody has taken, and that leaves none alone; never again. */
    seat(): string {
      const [row, place] = [Math.floor(nextSeat / 6), nextSeat % 6]
      nextSeat += 1
      return seats[20 * row + 3 * place] ?? ''
    },
    typeOf,
    booking,
    paid,
    hold,
    device,
    /** An approved event of the organizer's without tickets. */
    freshEvent: () => approvedEvent(karcis, adminToken, organizes),
    /** An event of the organizer's that is over, and for which the customer has a ticket. */
    async pastEvent(): Promise<string> {
      const id = await approvedEvent(karcis, adminToken, organizes)
      await paid(1, await typeOf(id))
      await end(id)
      return id
    },
    freshPerson: () => signUp(karcis, 'Somebody'),
    signedIn,
    /** What one mutation makes, by its id. */
    async made(
      role: 'asOrganizer' | 'asAdmin' | 'asCustomer',
      field: string,
      input: object,
      inputType = `${field[0]?.toUpperCase()}${field.slice(1)}Input!`,
    ): Promise<string> {
      const ask = { asOrganizer, asAdmin, asCustomer }[role]
      const answer = await ask(`mutation ($input: ${inputType}) { ${field}(input: $input) { id } }`, {
        input,
      })
      return answer[field].id
    },
  }
}
