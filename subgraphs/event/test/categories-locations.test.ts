import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  BLOCK,
  CREATE_CATEGORY,
  CREATE_EVENT,
  CREATE_LOCATION,
  CREATE_ROOM,
  CREATE_SERIES,
  CREATE_VENUE,
  inHours,
  openHouse,
  type Story,
  startStory,
  UPDATE_EVENT,
} from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const admin = person({ role: 'ADMIN' })
const organizer = person({ role: 'ORGANIZER' })
describe('categories', () => {
  it('are managed by admins and read by everyone', async () => {
    const created = await story.does(admin, CREATE_CATEGORY, {
      input: { name: ' Théâtre & Opéra ', description: 'Stage' },
    })
    expect(created).toMatchObject({ name: 'Théâtre & Opéra', slug: 'theatre-opera', description: 'Stage' })
    const update = `mutation($input: UpdateCategoryInput!) { updateCategory(input: $input) { name slug description } }`
    expect(await story.does(admin, update, { input: { id: created.id, description: null } })).toEqual({
      name: 'Théâtre & Opéra',
      slug: 'theatre-opera',
      description: null,
    })
    expect(await story.does(admin, update, { input: { id: created.id, name: 'Theatre' } })).toMatchObject({
      slug: 'theatre',
    })
    expect(await story.does(null, '{ categories { name } }')).toContainEqual({ name: 'Theatre' })
    const one = `query($id: ID!) { category(id: $id) { name } }`
    expect(await story.does(null, one, { id: created.id })).toEqual({ name: 'Theatre' })

    const remove = `mutation($id: ID!) { deleteCategory(id: $id) { name } }`
    expect(await story.does(admin, remove, { id: created.id })).toEqual({ name: 'Theatre' })
    expect(await story.does(null, one, { id: created.id })).toBeNull()
    expect(await story.refused(admin, remove, { id: created.id })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await story.does(null, one, { id: 'not an id' })).toBeNull()
  })

  it('are unique by name, described field by field when wrong, and managed by nobody else', async () => {
    await story.does(admin, CREATE_CATEGORY, { input: { name: 'Sport' } })
    expect(await story.refused(admin, CREATE_CATEGORY, { input: { name: 'SPORT!' } })).toMatchObject({
      code: 'CONFLICT',
    })
    expect(
      await story.refused(admin, CREATE_CATEGORY, { input: { name: '  ', description: 'x'.repeat(2001) } }),
    ).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.name' }, { path: 'input.description' }],
    })
    expect(await story.refused(organizer, CREATE_CATEGORY, { input: { name: 'Mine' } })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await story.refused(null, CREATE_CATEGORY, { input: { name: 'Mine' } })).toMatchObject({
      code: 'UNAUTHENTICATED',
    })
  })
})

describe('locations', () => {
  it('are managed by admins, with coordinates in pairs on the globe', async () => {
    const input = { name: 'Kota Tua', city: 'Jakarta', country: 'Indonesia' }
    const created = await story.does(admin, CREATE_LOCATION, {
      input: { ...input, latitude: -6.13, longitude: 106.81 },
    })
    expect(created).toMatchObject({ ...input, latitude: -6.13, longitude: 106.81 })
    expect(
      await story.refused(admin, CREATE_LOCATION, { input: { ...input, latitude: 91, longitude: -181 } }),
    ).toMatchObject({
      fields: [{ path: 'input.latitude' }, { path: 'input.longitude' }],
    })
    expect(await story.refused(admin, CREATE_LOCATION, { input: { ...input, latitude: 1 } })).toMatchObject({
      fields: [{ path: 'input.longitude' }],
    })
    const update = `mutation($input: UpdateLocationInput!) { updateLocation(input: $input) { city latitude } }`
    expect(
      await story.does(admin, update, { input: { id: created.id, latitude: null, longitude: null } }),
    ).toEqual({
      city: 'Jakarta',
      latitude: null,
    })
    expect(await story.refused(admin, update, { input: { id: newId(), city: 'Bogor' } })).toMatchObject({
      code: 'NOT_FOUND',
    })
    expect(await story.does(null, '{ locations { id public owner { id } } }')).toContainEqual({
      id: created.id,
      public: true,
      owner: null,
    })
    for (const [by, code] of [
      [organizer, 'FORBIDDEN'],
      [person(), 'FORBIDDEN'],
      [null, 'UNAUTHENTICATED'],
    ] as const)
      expect((await story.ask(by, update, { input: { id: created.id, city: 'Bogor' } })).code).toBe(code)
  })

  it('of an organizer are seen and used by them alone, and seen by all where events are', async () => {
    const house = await openHouse(story)
    const input = { name: 'Kebun', city: 'Bogor', country: 'Indonesia' }
    const { id } = await story.does(house.organizer, CREATE_LOCATION, { input })
    const LIST = '{ locations { id } }'
    const ONE = 'query($id: ID!) { location(id: $id) { public owner { id } } }'
    const own = { public: false, owner: { id: house.organizer.id } }
    expect(await story.does(house.organizer, LIST)).toContainEqual({ id })
    for (const by of [house.organizer, house.admin]) expect(await story.does(by, ONE, { id })).toEqual(own)
    for (const by of [null, person(), organizer]) {
      expect(await story.does(by, LIST)).not.toContainEqual({ id })
      expect(await story.does(by, ONE, { id })).toBeNull()
    }

    const venue = { name: 'Saung', city: 'Bogor', address: 'Jalan Kebun 1', locationId: id }
    const event = house.draftOf({ venueId: null, roomId: null, locationId: id })
    for (const [document, use] of [
      [CREATE_VENUE, venue],
      [CREATE_EVENT, event],
    ] as const) {
      expect((await story.ask(organizer, document, { input: use })).code).toBe('FORBIDDEN')
      expect((await story.ask(house.organizer, document, { input: use })).code).toBeUndefined()
    }
    const theirs = await story.does(organizer, CREATE_VENUE, { input: { ...venue, locationId: null } })
    const move = 'mutation($input: UpdateVenueInput!) { updateVenue(input: $input) { id } }'
    expect((await story.ask(organizer, move, { input: { id: theirs.id, locationId: id } })).code).toBe(
      'FORBIDDEN',
    )
    const elsewhere = await story.does(organizer, CREATE_EVENT, { input: house.draftOf({ roomId: null }) })
    expect(
      (await story.ask(organizer, UPDATE_EVENT, { input: { id: elsewhere.id, locationId: id } })).code,
    ).toBe('FORBIDDEN')
    const open = await house.createApproved({ venueId: null, roomId: null, locationId: id })
    const PLACE = 'query($id: ID!) { event(id: $id) { location { id name } } }'
    expect((await story.does(null, PLACE, { id: open.id })).location).toEqual({ id, name: 'Kebun' })
    const remove = 'mutation($id: ID!) { deleteLocation(id: $id) { id } }'
    expect((await story.ask(organizer, remove, { id })).code).toBe('FORBIDDEN')
    expect((await story.ask(house.organizer, remove, { id })).code).toBe('CONFLICT')

    await story.sql(
      `INSERT INTO locations (id, owner_id, name, city, country) SELECT gen_random_uuid(), $1::uuid, 'Lot', 'Bogor', 'Indonesia' FROM generate_series(2, 50)`,
      house.organizer.id,
    )
    expect(await story.refused(house.organizer, CREATE_LOCATION, { input })).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      limit: 50,
    })
  })
})

describe('deleting what is in use', () => {
  it('is refused with CONFLICT by each of the foreign keys that stand in the way', async () => {
    const house = await openHouse(story)
    const { createEvent, createApproved } = house
    const create = (document: string, input: Record<string, unknown>) =>
      story.does(house.admin, document, { input })
    const newLocation = () => create(CREATE_LOCATION, { name: 'Lot', city: 'Depok', country: 'Indonesia' })
    const newVenue = () => create(CREATE_VENUE, { name: 'Shed', city: 'Depok', address: 'x' })
    const newRoom = (venueId = house.venue.id) =>
      create(CREATE_ROOM, { venueId, name: `Room ${newId()}`, capacity: 1 })
    /** Changes an approved event, so that what it refers to now is referred to by its pending changes alone. */
    const request = async (changes: Record<string, unknown>) => {
      const { id } = await createApproved({ roomId: null })
      await create(UPDATE_EVENT, { id, ...changes })
    }
    const category = await create(CREATE_CATEGORY, { name: `Category ${newId()}` })
    const series = await story.does(house.organizer, CREATE_SERIES, { input: { title: 'Tour' } })
    const [byEvent, byChanges, byVenue] = [await newLocation(), await newLocation(), await newLocation()]
    const [usedByEvent, usedByChanges, withRoom] = [await newVenue(), await newVenue(), await newVenue()]
    const [inDraft, inChanges, blocked] = [await newRoom(), await newRoom(), await newRoom()]

    await createEvent({ categoryId: category.id, seriesId: series.id, roomId: null })
    await createEvent({ venueId: null, roomId: null, locationId: byEvent.id })
    await request({ locationId: byChanges.id })
    await create(CREATE_VENUE, { name: 'Shed', city: 'Depok', address: 'x', locationId: byVenue.id })
    await createEvent({ venueId: usedByEvent.id, roomId: null })
    await request({ venueId: usedByChanges.id })
    await newRoom(withRoom.id)
    await createEvent({ roomId: inDraft.id, draft: true })
    await request({ roomId: inChanges.id })
    await story.sql('DELETE FROM room_bookings WHERE room_id = $1::uuid', inChanges.id)
    await create(BLOCK, { roomId: blocked.id, startsAt: inHours(1), endsAt: inHours(2), reason: 'New floor' })

    const uses: [mutation: string, foreignKey: string, id: string][] = [
      ['deleteCategory', 'events_category_id_fkey', category.id],
      ['deleteEventSeries', 'events_series_id_organizer_id_fkey', series.id],
      ['deleteLocation', 'events_location_id_fkey', byEvent.id],
      ['deleteLocation', 'event_pending_changes_location_id_fkey', byChanges.id],
      ['deleteLocation', 'venues_location_id_fkey', byVenue.id],
      ['deleteVenue', 'events_venue_id_fkey', usedByEvent.id],
      ['deleteVenue', 'event_pending_changes_venue_id_fkey', usedByChanges.id],
      ['deleteVenue', 'rooms_venue_id_fkey', withRoom.id],
      ['deleteRoom', 'events_room_id_venue_id_fkey', inDraft.id],
      ['deleteRoom', 'event_pending_changes_room_id_venue_id_fkey', inChanges.id],
      ['deleteRoom', 'room_bookings_room_id_fkey', blocked.id],
    ]
    for (const [mutation, foreignKey, id] of uses) {
      const remove = `mutation($id: ID!) { ${mutation}(id: $id) { id } }`
      expect(await story.refused(house.admin, remove, { id }), foreignKey).toMatchObject({ code: 'CONFLICT' })
    }
    const restricting = `SELECT conname AS name FROM pg_constraint
      WHERE contype = 'f' AND confdeltype = 'r' AND connamespace = 'public'::regnamespace ORDER BY conname COLLATE "C"`
    expect((await story.sql(restricting)).map(({ name }) => name)).toEqual(
      uses.map(([, foreignKey]) => foreignKey).toSorted(),
    )
  })
})
