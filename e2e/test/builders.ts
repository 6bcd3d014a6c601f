import { TOTP } from 'otpauth'
import pg from 'pg'
import { ADMIN, type Api, type Karcis } from './karcis.ts'

const DAY_MS = 86_400_000
const SEATS_PER_ROW = 20
let people = 0

/** A signed-in person of a story. */
export interface Person {
  id: string
  token: string
  refreshToken: string
  email: string
}

export const PASSWORD = 'nobody guesses this one'

/** Signs somebody new up. */
export async function signUp(karcis: Api, name: string): Promise<Person> {
  people += 1
  const email = `${name.toLowerCase()}.${people}@karcis.test`
  const { createUser } = await karcis.run(
    `mutation ($input: CreateUserInput!) {
      createUser(input: $input) { accessToken refreshToken user { id } }
    }`,
    { input: { email, password: PASSWORD, name } },
  )
  return {
    id: createUser.user.id,
    token: createUser.accessToken,
    refreshToken: createUser.refreshToken,
    email,
  }
}

/** Gives somebody a new access token. @returns false when that was not answered. */
export async function signInAgain(karcis: Api, person: Person): Promise<boolean> {
  const query = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken refreshToken } }'
  const input = { email: person.email, password: PASSWORD }
  const answer = await karcis.attempt(query, { input }).catch(() => null)
  if (!answer?.data?.login) return false
  const { accessToken, refreshToken } = answer.data.login
  Object.assign(person, { token: accessToken, refreshToken })
  return true
}

export async function signInAdmin(karcis: Api): Promise<string> {
  const { login } = await karcis.run(
    'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
    {
      input: ADMIN,
    },
  )
  return login.accessToken
}

/** Signs somebody up, proposes, and has the admin approve. The access token from the sign-up stays in use. */
export async function signUpOrganizer(karcis: Api, admin: string, name = 'Rara'): Promise<Person> {
  const person = await signUp(karcis, name)
  const { submitOrganizerProposal } = await karcis.run(
    'mutation ($input: SubmitOrganizerProposalInput!) { submitOrganizerProposal(input: $input) { id status } }',
    {
      input: {
        name: `${name} Presents`,
        category: 'Music',
        description: 'We make nights.',
        location: 'Jakarta',
      },
    },
    person.token,
  )
  await karcis.run(
    'mutation ($id: ID!) { reviewOrganizerProposal(id: $id, input: { decision: APPROVED, message: "ok" }) { status } }',
    { id: submitOrganizerProposal.id },
    admin,
  )
  return person
}

/** An approved event of the organizer's, in a room of its own; three weeks from now and in rupiah unless it is given otherwise. */
export async function approvedEvent(
  karcis: Api,
  admin: string,
  organizer: Person,
  given: {
    title?: string
    description?: string
    startsAt?: number
    endsAt?: number
    currency?: string
    capacity?: number
  } = {},
): Promise<string> {
  const unique = crypto.randomUUID().slice(0, 8)
  const { createCategory } = await karcis.run(
    'mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }',
    { input: { name: `Concert ${unique}`, description: 'Live music.' } },
    admin,
  )
  const { createLocation } = await karcis.run(
    'mutation ($input: CreateLocationInput!) { createLocation(input: $input) { id } }',
    {
      input: {
        name: `Senayan ${unique}`,
        city: 'Jakarta',
        country: 'Indonesia',
        latitude: -6.2,
        longitude: 106.8,
      },
    },
    admin,
  )
  const { createVenue } = await karcis.run(
    'mutation ($input: CreateVenueInput!) { createVenue(input: $input) { id } }',
    {
      input: {
        name: `Arena ${unique}`,
        city: 'Jakarta',
        address: 'Jl. Satu 1',
        locationId: createLocation.id,
      },
    },
    organizer.token,
  )
  const { capacity = 5_000 } = given
  const { createRoom } = await karcis.run(
    'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { id } }',
    { input: { venueId: createVenue.id, name: 'Main hall', capacity } },
    organizer.token,
  )
  const { startsAt = Date.now() + 21 * DAY_MS, endsAt = startsAt + DAY_MS / 8, currency = 'IDR' } = given
  const { createEvent } = await karcis.run(
    'mutation ($input: CreateEventInput!) { createEvent(input: $input) { id status } }',
    {
      input: {
        title: given.title ?? `Night ${unique}`,
        description: given.description ?? 'One night only.',
        categoryId: createCategory.id,
        venueId: createVenue.id,
        roomId: createRoom.id,
        startsAt: new Date(startsAt).toISOString(),
        endsAt: new Date(endsAt).toISOString(),
        timezone: 'Asia/Jakarta',
        currency,
      },
    },
    organizer.token,
  )
  if (createEvent.status !== 'PENDING') throw new Error(`a new event is ${createEvent.status}`)
  await karcis.run(
    'mutation ($id: ID!) { reviewEvent(id: $id, input: { decision: APPROVED, message: "ok" }) { status } }',
    { id: createEvent.id },
    admin,
  )
  return createEvent.id
}

export async function ticketType(
  karcis: Api,
  organizer: Person,
  eventId: string,
  details: { name: string; price: number; quota: number; kind?: string; maxPerUser?: number },
): Promise<string> {
  const { createTicketType } = await karcis.run(
    'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
    { input: { eventId, kind: 'PAID', ...details } },
    organizer.token,
  )
  return createTicketType.id
}

/** An approved event of the organizer's with one type of general admission, `Festival`; and how it is found. */
export async function concert(
  karcis: Api,
  admin: string,
  organizer: Person,
  details: { price: number; quota: number; kind?: string },
): Promise<{ eventId: string; typeId: string; slug: string; title: string }> {
  const eventId = await approvedEvent(karcis, admin, organizer)
  const typeId = await ticketType(karcis, organizer, eventId, { name: 'Festival', ...details })
  const { event } = await karcis.run('query ($id: ID!) { event(id: $id) { slug title } }', { id: eventId })
  return { eventId, typeId, slug: event.slug, title: event.title }
}

/** How large an arena is, and how much of its usual prices it costs. */
interface ArenaSize {
  frontRows: number
  standing: number
  discount: number
}

/** An event with seats in two price tiers, 600 unless given otherwise, and general admission beside them. */
export async function arena(
  karcis: Api,
  admin: string,
  organizer: Person,
  { frontRows, standing: quota, discount }: ArenaSize = { frontRows: 10, standing: 1_000, discount: 1 },
) {
  const front = frontRows * SEATS_PER_ROW
  const capacity = Math.max(5_000, front + quota + 1_000)
  const eventId = await approvedEvent(karcis, admin, organizer, { capacity })
  const types = [
    { name: 'VIP', price: 300_000, quota: front },
    { name: 'Regular', price: 100_000, quota: 400 },
    { name: 'Standing', price: 50_000, quota },
  ]
  const [vip = '', regular = '', standing = ''] = await inTurn(types, ({ price, ...type }) =>
    ticketType(karcis, organizer, eventId, { ...type, price: price / discount }),
  )
  const { createSeatMap } = await karcis.run(
    `mutation ($input: CreateSeatMapInput!) {
      createSeatMap(input: $input) { revision seats { id section row number status } }
    }`,
    {
      input: {
        eventId,
        sections: [
          { name: 'Front', ticketTypeId: vip, rows: frontRows, seatsPerRow: SEATS_PER_ROW },
          { name: 'Back', ticketTypeId: regular, rows: 20, seatsPerRow: SEATS_PER_ROW },
        ],
      },
    },
    organizer.token,
  )
  const seats: { id: string; section: string; row: string; number: number; status: string }[] =
    createSeatMap.seats
  const seat = (section: string, row: string, number: number): string => {
    const found = seats.find((one) => one.section === section && one.row === row && one.number === number)
    if (!found) throw new Error(`no seat ${section} ${row}${number}`)
    return found.id
  }
  return { eventId, vip, regular, standing, seats, seat, revision: createSeatMap.revision as number }
}

/** One after the other, so that they are listed in this order. */
async function inTurn<T, R>(items: readonly T[], make: (item: T) => Promise<R>): Promise<R[]> {
  const made: R[] = []
  for (const item of items) made.push(await make(item))
  return made
}

export const holdSeats = (karcis: Api, person: Person, eventId: string, seatIds: string[]) =>
  karcis.run(
    'mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) { id status expiresAt seats { id status } } }',
    { input: { eventId, seatIds } },
    person.token,
  )

export const createBooking = (karcis: Api, person: Person, input: Record<string, unknown>) =>
  karcis.run(
    `mutation ($input: CreateBookingInput!) {
      createBooking(input: $input) { id status totalPrice currency expiresAt items { unitPrice quantity seat { id } } }
    }`,
    { input },
    person.token,
  )

export const pay = (karcis: Api, person: Person, id: string) =>
  karcis.run(
    `mutation ($id: ID!) {
      confirmPayment(id: $id, input: { method: WALLET }) {
        id status tickets { id code qrCode status seat { id row number } event { title } owner { name } }
      }
    }`,
    { id },
    person.token,
  )

/** Has an event be over since an hour, as time does. */
export async function endEvent({ databases }: Karcis, eventId: string): Promise<void> {
  await change(
    databases.event,
    `UPDATE events SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h', version = version + 1 WHERE id = $1`,
    [eventId],
  )
}

async function change(connectionString: string, sql: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query(sql, values)
  await client.end()
}

/** Has so much time pass since everybody last showed who they are that what matters asks them again. */
export const forgetProofs = ({ databases }: Karcis): Promise<void> =>
  change(databases.user, `UPDATE sessions SET authenticated_at = now() - interval '11 minutes'`)

/** What an authenticator app shows that was given this secret. @param step later by so many codes: each is good once. */
export const appCode = (secret: string, step = 0): string =>
  new TOTP({ secret }).generate({ timestamp: Date.now() + step * 30_000 })
