import { newId } from '@karcis/kit/ids'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CREATE_CATEGORY, CREATE_LOCATION, openHouse, person, type Story, startStory } from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const admin = person('ADMIN')
const organizer = person('ORGANIZER')
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
    expect(await story.does(null, '{ locations { id } }')).toContainEqual({ id: created.id })
  })
})

describe('deleting what is in use', () => {
  it('is refused by the foreign keys with CONFLICT', async () => {
    const house = await openHouse(story)
    await house.createEvent()
    const uses = [
      ['deleteCategory', house.category.id],
      ['deleteLocation', house.location.id],
      ['deleteVenue', house.venue.id],
      ['deleteRoom', house.room.id],
    ]
    for (const [mutation, id] of uses) {
      const remove = `mutation($id: ID!) { ${mutation}(id: $id) { id } }`
      expect(await story.refused(house.admin, remove, { id }), mutation).toMatchObject({ code: 'CONFLICT' })
    }
  })
})
