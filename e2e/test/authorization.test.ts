import { readFileSync, writeFileSync } from 'node:fs'
import { eventually } from '@karcis/testkit/eventually'
import { buildSchema, GraphQLObjectType } from 'graphql'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askFields, askRoot, deedsMissing, rootOf } from './authorization/ask.ts'
import { review } from './authorization/examples.ts'
import { tableOf } from './authorization/table.ts'
import { makeWorld, type World } from './authorization/world.ts'
import { createBooking, endEvent, PASSWORD, pay } from './builders.ts'
import { type Karcis, startKarcis } from './karcis.ts'

const PAGE = new URL('../../docs/authorization.md', import.meta.url)
const SCHEMA = new URL('../../schema/supergraph.graphql', import.meta.url)
/** `npm run authorization` sets it. */
const WRITES = process.env.KARCIS_WRITE_AUTHORIZATION === '1'

/** What is asked for all the time, and sign-ins, whose role is that of whoever has signed in. */
const UNRECORDED = new Set([
  'refreshToken',
  'recordEventView',
  'preloadEvent',
  'login',
  'createUser',
  'continueAsGuest',
])

let karcis: Karcis
let world: World
const schema = buildSchema(readFileSync(SCHEMA, 'utf8'), { assumeValid: true })

beforeAll(async () => {
  karcis = await startKarcis()
  world = await makeWorld(
    karcis,
    'continueAsGuest' in rootOf(schema, 'mutation').getFields(),
    (id) => endEvent(karcis, id),
    staff,
  )
})

afterAll(() => karcis[Symbol.asyncDispose]())

/** Has people be on the staff of each event that an organizer makes from now on. */
async function staff(organizerId: string, members: Record<string, string>): Promise<void> {
  const client = new pg.Client({ connectionString: karcis.databases.event })
  await client.connect()
  const rows = Object.entries(members).map(([role, id]) => `('${role}', '${id}'::uuid)`)
  await client.query(`CREATE FUNCTION staff_all_events() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO event_staff (id, event_id, email, roles, user_id, invited_by, expires_at, accepted_at)
        SELECT gen_random_uuid(), NEW.id, role || '@karcis.test', ARRAY[role], id, NEW.organizer_id, now(), now()
        FROM (VALUES ${rows.join(', ')}) AS member(role, id);
      RETURN NULL;
    END $$`)
  await client.query(`CREATE TRIGGER staff_all_events AFTER INSERT ON events FOR EACH ROW
    WHEN (NEW.organizer_id = '${organizerId}') EXECUTE FUNCTION staff_all_events()`)
  await client.end()
}

it('answers everybody as docs/authorization.md says, and has in the audit log what offices did', {
  timeout: 300_000,
}, async () => {
  const rows = {
    query: await askRoot(world, rootOf(schema, 'query'), 'query'),
    subscription: await askRoot(world, rootOf(schema, 'subscription'), 'subscription'),
    mutation: await askRoot(world, rootOf(schema, 'mutation'), 'mutation'),
  }
  const fields = []
  for (const [name, from] of await thingsOf(world)) {
    const type = schema.getType(name)
    if (type instanceof GraphQLObjectType) fields.push(...(await askFields(world, type, from)))
  }
  expect(await deedsMissing(world, rows.mutation, UNRECORDED)).toEqual([])
  const page = tableOf(world.roles, rows, fields)
  if (WRITES) writeFileSync(PAGE, page)
  else expect(page).toBe(readFileSync(PAGE, 'utf8'))
})

/** Things that several may see, and how they are come by. */
async function thingsOf(world: World): Promise<[type: string, from: string[]][]> {
  const { paid, eventId, standing } = world
  const { id, tickets } = await paid()
  const event = `event(id: "${eventId}")`
  return [
    ['User', [event, 'organizer']],
    ['Event', [event]],
    ['Venue', [event, 'venue']],
    ['Room', [event, 'room']],
    ['TicketType', [`ticketType(id: "${standing}")`]],
    ['SeatMap', [`seatMap(eventId: "${eventId}")`]],
    ['Booking', [`booking(id: "${id}")`]],
    ['Ticket', [`ticket(id: "${tickets[0].id}")`]],
    ['Review', [`review(id: "${await review(world)}")`]],
  ]
}

it('gives somebody all that is kept of them in one file, then erases them: what bookings and invoices must say stays', async () => {
  const person = await world.freshPerson()
  const ask = (query: string, variables: Record<string, unknown> = {}) =>
    karcis.run(query, variables, person.token)
  const ordered = await createBooking(karcis, person, { ticketTypeId: world.standing, quantity: 1 })
  const { confirmPayment: paid } = await pay(karcis, person, ordered.createBooking.id)
  const [ticket] = paid.tickets
  await ask('mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { id } }', {
    input: { ticketId: ticket.id, name: 'Budi Nugroho' },
  })
  const { upcomingEvents } = await ask('{ upcomingEvents { edges { node { id } } } }')
  expect(upcomingEvents.edges).toEqual([{ node: { id: world.eventId } }])
  await ask('{ events(filter: { search: "Budi Nugroho" }) { totalCount } }')
  await eventually(async () => {
    const { searchHistory } = await ask('{ searchHistory { edges { node { search } } } }')
    expect(searchHistory.edges).toEqual([{ node: { search: 'Budi Nugroho' } }])
  })
  await ask('mutation ($id: ID!) { preloadEvent(id: $id) { id } }', { id: world.eventId })
  await ask('mutation { exportMyData { id } }')
  const url: string = await eventually(async () => {
    const { myDataExport } = await ask('{ myDataExport { url } }')
    expect(myDataExport.url).not.toBeNull()
    return myDataExport.url
  }, 20_000)
  const response = await fetch(karcis.url + url)
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const file = await response.json()
  expect(file.user.account).toMatchObject({ id: person.id, email: person.email })
  expect(file.booking.bookings.map(({ id }: { id: string }) => id)).toContain(paid.id)
  expect(file.ticket.tickets).toContainEqual(
    expect.objectContaining({ id: ticket.id, attendee_name: 'Budi Nugroho' }),
  )
  const organized = { events: [], eventSeries: [], venues: [], roomBlocks: [], locations: [] }
  expect(file.event).toMatchObject({ ...organized, reviews: [], reviewsReported: [], staffOf: [] })
  expect(file.event.searches).toMatchObject([{ search: 'Budi Nugroho' }])

  const ERASE = `mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }`
  const erase = (acknowledgeLoss: boolean) =>
    karcis.attempt(ERASE, { id: person.id, input: { password: PASSWORD, acknowledgeLoss } }, person.token)
  const refused = (await erase(false)).errors?.[0]?.extensions
  expect([refused?.code, Number(refused?.validTickets) > 0]).toEqual(['CONFLICT', true])
  expect((await erase(true)).errors).toBeUndefined()
  expect((await fetch(karcis.url + url)).status).toBe(404)

  await eventually(async () => {
    for (const [name, database] of Object.entries(karcis.databases))
      expect(await tracesOf(database, [person.email, 'Budi Nugroho']), name).toEqual([])
  }, 20_000)
  const { booking } = await world.asAdmin('query ($id: ID!) { booking(id: $id) { status totalPrice } }', {
    id: paid.id,
  })
  expect(booking).toEqual({ status: 'PAID', totalPrice: 1_000 })
})

/** Tables of a database in which one of these texts stands anywhere. */
async function tracesOf(url: string, texts: string[]): Promise<string[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    const { rows } = await client.query<{
      name: string
    }>(`SELECT format('%I.%I', schemaname, tablename) AS name
      FROM pg_tables WHERE schemaname IN ('public', 'kit', 'graphile_worker')`)
    const found: string[] = []
    for (const { name } of rows) {
      const { rowCount } = await client.query(
        `SELECT FROM ${name} t WHERE t::text ILIKE ANY (SELECT '%' || unnest($1::text[]) || '%') LIMIT 1`,
        [texts],
      )
      if (rowCount) found.push(name)
    }
    return found
  } finally {
    await client.end()
  }
}
