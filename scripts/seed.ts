import { join } from 'node:path'
import {
  createApi,
  demoUsers,
  ensureBrowser,
  ensureOrganizer,
  ensureUser,
  type Run,
  signIn,
} from './demo-accounts.ts'
import { type Poster, posterOf } from './demo-posters.ts'
import { hashFiles, isStamped, writeStamp } from './once.ts'
import type { StartSettings } from './start-settings.ts'

const DAY_MS = 86_400_000

type Named = { name: string } & Record<string, unknown>

interface DemoUser {
  readonly role: string
  readonly email: string
  readonly password: string
}

/** Fills the platform through its own API on the first run, and tells who can sign in. */
export async function seedOnce(
  settings: StartSettings,
  routerUrl: string,
  log: (line: string) => void,
): Promise<readonly DemoUser[]> {
  const { admin, dataDir } = settings
  if (!admin) return []
  const users: DemoUser[] = [{ role: 'ADMIN', ...admin }]
  if (!settings.seed) return users
  const stamp = join(dataDir, 'seeded')
  const hash = hashFiles(
    ['seed.ts', 'demo-accounts.ts', 'demo-posters.ts'].map((name) => join(import.meta.dirname, name)),
  )
  if (!isStamped(stamp, hash)) {
    log('seeding demo data (once)')
    try {
      await seed(routerUrl, log, admin)
      writeStamp(stamp, hash)
    } catch (error) {
      log(`the demo data is incomplete, the next start tries again: ${(error as Error).message}`)
    }
  }
  return [...users, ...demoUsers]
}

/**
 * Fills an empty platform with a cinema screening (a seat map in two price tiers), a concert (general admission) and
 * a free seminar, through the public API, as an admin and an organizer would. Each step looks first whether it is
 * done, so a run that broke off is simply run again.
 */
export async function seed(
  routerUrl: string,
  log: (line: string) => void,
  admin: { email: string; password: string },
): Promise<void> {
  const run = createApi(routerUrl)
  const adminToken = await signIn(run, admin.email, admin.password)
  const tokens = await Promise.all(demoUsers.map((user) => ensureUser(run, user)))
  await Promise.all(tokens.map((token) => ensureBrowser(run, token)))
  const [organizer] = tokens
  if (!organizer) throw new Error('no organizer among the demo users')
  const organizerToken = await ensureOrganizer(run, organizer, adminToken)
  const place = await ensurePlaces(run, adminToken)
  const pictures = createPictures(run, routerUrl, organizerToken)
  const make = (details: EventDetails) => ensureEvent(run, details, organizerToken, adminToken, pictures)
  await ensureAvatar(run, organizerToken, pictures)

  const film = await make({
    title: 'Laskar Senja (screening)',
    description: 'The film of the year, in the big hall. Seats are numbered: choose yours on the seat map.',
    poster: { manner: 'film', title: ['Laskar', 'Senja'], below: 'The film of the year, in the big hall' },
    category: place.film,
    venueId: place.cinema,
    roomId: place.hall,
    inDays: 7,
    hours: 2.5,
  })
  await ensureSeats(run, film, organizerToken)
  const concert = await make({
    title: 'Malam Nusantara Festival',
    description: 'Three stages, one night. General admission: first come, first served.',
    poster: { manner: 'concert', title: ['Malam', 'Nusantara'], below: 'Three stages, one night' },
    category: place.concert,
    venueId: place.field,
    inDays: 30,
    hours: 6,
  })
  await ensureTypes(run, concert, organizerToken, [
    { name: 'Festival', kind: 'PAID', price: 350_000, quota: 5_000, maxPerUser: 6 },
    { name: 'Front of stage', kind: 'PAID', price: 900_000, quota: 500, maxPerUser: 4 },
  ])
  const seminar = await make({
    title: 'Seminar: Tickets without Tears',
    description: 'How a seat is sold exactly once. Free of charge; pay what you want for the workshop.',
    poster: {
      manner: 'seminar',
      title: ['Tickets', 'without', 'Tears'],
      below: 'How a seat is sold exactly once',
    },
    category: place.seminar,
    venueId: place.campus,
    inDays: 14,
    hours: 3,
  })
  await ensureTypes(run, seminar, organizerToken, [
    { name: 'Free seat', kind: 'FREE', price: 0, quota: 200, maxPerUser: 1 },
    { name: 'Workshop supporter', kind: 'DONATION', price: 25_000, quota: 40 },
  ])
  log(`demo events: ${film} (screening), ${concert} (concert), ${seminar} (seminar)`)
}

interface Places {
  film: string
  concert: string
  seminar: string
  cinema: string
  hall: string
  field: string
  campus: string
}

async function ensurePlaces(run: Run, adminToken: string): Promise<Places> {
  const known = await run(
    '{ categories { id name } locations { id name } venues(first: 100) { edges { node { id name rooms { id name } } } } }',
  )
  const venues = known.venues.edges.map((edge: { node: { id: string; name: string } }) => edge.node)
  const make = async (list: { id: string; name: string }[], type: string, input: Named): Promise<string> => {
    const found = list.find((item) => item.name === input.name)
    if (found) return found.id
    const data = await run(
      `mutation ($input: Create${type}Input!) { create${type}(input: $input) { id } }`,
      { input },
      adminToken,
    )
    return data[`create${type}`].id
  }
  const category = (name: string, description: string) =>
    make(known.categories, 'Category', { name, description })
  const location = (name: string, city: string, latitude: number, longitude: number) =>
    make(known.locations, 'Location', { name, city, country: 'Indonesia', latitude, longitude })
  const venue = (name: string, city: string, address: string, locationId: string) =>
    make(venues, 'Venue', { name, city, address, locationId })

  const jakarta = await location('Senayan', 'Jakarta', -6.2183, 106.8026)
  const bandung = await location('Dago', 'Bandung', -6.8853, 107.6137)
  const yogyakarta = await location('Bulaksumur', 'Yogyakarta', -7.7713, 110.3775)
  const cinema = await venue('Bioskop Merdeka', 'Jakarta', 'Jl. Asia Afrika 8', jakarta)
  const rooms = venues.find((known: { id: string }) => known.id === cinema)?.rooms ?? []
  const section = (name: string, count: number) => ({ name, rows: count, seatsPerRow: 20 })
  return {
    film: await category('Film', 'Screenings and premieres.'),
    concert: await category('Concert', 'Live music, indoors and out.'),
    seminar: await category('Seminar', 'Talks, workshops and conferences.'),
    cinema,
    hall: await make(rooms, 'Room', {
      venueId: cinema,
      name: 'Hall 1',
      seatLayout: { sections: [section('Premium', 4), section('Regular', 8)] },
    }),
    field: await venue('Lapangan Dago', 'Bandung', 'Jl. Ir. H. Juanda 100', bandung),
    campus: await venue('Balairung Kampus', 'Yogyakarta', 'Bulaksumur', yogyakarta),
  }
}

interface EventDetails {
  poster: Poster
  title: string
  description: string
  category: string
  venueId: string
  roomId?: string
  inDays: number
  hours: number
}

interface Pictures {
  /** Draws a poster and sends it, as a client would. @returns the id of the upload. */
  send(purpose: 'EVENT_IMAGE' | 'AVATAR', poster: Poster): Promise<string>
}

const createPictures = (run: Run, routerUrl: string, token: string): Pictures => ({
  send: async (purpose, poster) => sendPicture(run, routerUrl, token, purpose, await posterOf(poster)),
})

/** Sends a PNG as a client would. @returns the id of the upload. */
export async function sendPicture(
  run: Run,
  routerUrl: string,
  token: string,
  purpose: 'EVENT_IMAGE' | 'AVATAR',
  picture: Buffer,
): Promise<string> {
  const { createUpload } = await run(
    'mutation ($input: CreateUploadInput!) { createUpload(input: $input) { id url method headers { name value } } }',
    { input: { purpose, contentType: 'image/png', size: picture.length } },
    token,
  )
  const { id, url, method, headers } = createUpload
  const response = await fetch(new URL(url, routerUrl), {
    method,
    headers: headers.map(({ name, value }: { name: string; value: string }) => [name, value]),
    body: new Uint8Array(picture),
  })
  if (!response.ok) throw new Error(`a picture was not taken: ${response.status} ${await response.text()}`)
  return id
}

async function ensureAvatar(run: Run, token: string, pictures: Pictures): Promise<void> {
  const { me } = await run('{ me { avatarUrl } }', {}, token)
  if (me.avatarUrl !== null) return
  const uploadId = await pictures.send('AVATAR', { manner: 'portrait', title: ['Rara'], below: '' })
  await run('mutation ($uploadId: ID!) { setAvatar(uploadId: $uploadId) { id } }', { uploadId }, token)
}

async function ensureEvent(
  run: Run,
  details: EventDetails,
  organizerToken: string,
  adminToken: string,
  pictures: Pictures,
): Promise<string> {
  const { poster, category, inDays, hours, ...input } = details
  const { myEvents } = await run(
    '{ myEvents(first: 100) { edges { node { id title status } } } }',
    {},
    organizerToken,
  )
  let event = myEvents.edges
    .map((edge: { node: { title: string } }) => edge.node)
    .find((mine: { title: string }) => mine.title === details.title)
  if (!event) {
    const evening = new Date(Date.now() + inDays * DAY_MS)
    evening.setUTCHours(12, 0, 0, 0) // 19:00 in Jakarta
    const { createEvent } = await run(
      'mutation ($input: CreateEventInput!) { createEvent(input: $input) { id status } }',
      {
        input: {
          ...input,
          imageUploadId: await pictures.send('EVENT_IMAGE', poster),
          categoryId: category,
          startsAt: evening.toISOString(),
          endsAt: new Date(evening.getTime() + hours * 3_600_000).toISOString(),
          timezone: 'Asia/Jakarta',
          currency: 'IDR',
        },
      },
      organizerToken,
    )
    event = createEvent
  }
  if (event.status === 'PENDING') {
    await run(
      'mutation ($id: ID!) { reviewEvent(id: $id, input: { decision: APPROVED, message: "Looks good." }) { status } }',
      { id: event.id },
      adminToken,
    )
  }
  return event.id
}

async function ensureTypes(run: Run, eventId: string, token: string, types: Named[]): Promise<string[]> {
  const known = await run('query ($eventId: ID!) { ticketTypesByEvent(eventId: $eventId) { id name } }', {
    eventId,
  })
  const ids: string[] = []
  for (const type of types) {
    const found = known.ticketTypesByEvent.find((other: { name: string }) => other.name === type.name)
    if (found) {
      ids.push(found.id)
      continue
    }
    const { createTicketType } = await run(
      'mutation ($input: CreateTicketTypeInput!) { createTicketType(input: $input) { id } }',
      { input: { eventId, ...type } },
      token,
    )
    ids.push(createTicketType.id)
  }
  return ids
}

async function ensureSeats(run: Run, eventId: string, token: string): Promise<void> {
  const { seatMap } = await run('query ($eventId: ID!) { seatMap(eventId: $eventId) { revision } }', {
    eventId,
  })
  if (seatMap) return
  const [premium, regular] = await ensureTypes(run, eventId, token, [
    { name: 'Premium', kind: 'PAID', price: 75_000, quota: 80 },
    { name: 'Regular', kind: 'PAID', price: 50_000, quota: 160 },
  ])
  const wheelchair = [1, 2, 19, 20].map((number) => ({ row: 'L', number }))
  await run(
    'mutation ($input: CreateSeatMapInput!) { createSeatMap(input: $input) { revision } }',
    {
      input: {
        eventId,
        sections: [
          { name: 'Regular', ticketTypeId: regular, rows: 8, seatsPerRow: 20 },
          {
            name: 'Premium',
            ticketTypeId: premium,
            rows: 4,
            seatsPerRow: 20,
            rowLabels: ['J', 'K', 'L', 'M'],
            accessible: wheelchair,
          },
        ],
      },
    },
    token,
  )
}
