import { ADMIN, type Api } from './karcis.ts'

const DAY_MS = 86_400_000
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
  given: { startsAt?: number; endsAt?: number; currency?: string } = {},
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
  const { createRoom } = await karcis.run(
    'mutation ($input: CreateRoomInput!) { createRoom(input: $input) { id } }',
    { input: { venueId: createVenue.id, name: 'Main hall', capacity: 5_000 } },
    organizer.token,
  )
  const { startsAt = Date.now() + 21 * DAY_MS, endsAt = startsAt + DAY_MS / 8, currency = 'IDR' } = given
  const { createEvent } = await karcis.run(
    'mutation ($input: CreateEventInput!) { createEvent(input: $input) { id status } }',
    {
      input: {
        title: `Night ${unique}`,
        description: 'One night only.',
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

/** An event with 600 seats in two price tiers and general admission beside them. */
export async function arena(karcis: Api, admin: string, organizer: Person) {
  const eventId = await approvedEvent(karcis, admin, organizer)
  const vip = await ticketType(karcis, organizer, eventId, { name: 'VIP', price: 300_000, quota: 200 })
  const regular = await ticketType(karcis, organizer, eventId, {
    name: 'Regular',
    price: 100_000,
    quota: 400,
  })
  const standing = await ticketType(karcis, organizer, eventId, {
    name: 'Standing',
    price: 50_000,
    quota: 1_000,
  })
  const { createSeatMap } = await karcis.run(
    `mutation ($input: CreateSeatMapInput!) {
      createSeatMap(input: $input) { revision seats { id section row number status } }
    }`,
    {
      input: {
        eventId,
        sections: [
          { name: 'Front', ticketTypeId: vip, rows: 10, seatsPerRow: 20 },
          { name: 'Back', ticketTypeId: regular, rows: 20, seatsPerRow: 20 },
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
