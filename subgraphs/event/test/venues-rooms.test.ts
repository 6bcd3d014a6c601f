import { newId } from '@karcis/kit/ids'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BLOCK, CREATE_ROOM, CREATE_VENUE, inHours, openHouse, type Story, startStory } from './stories.ts'

let story: Story
beforeAll(async () => {
  story = await startStory()
})
afterAll(() => story[Symbol.asyncDispose]())

const admin = person({ role: 'ADMIN' })
const organizer = person({ role: 'ORGANIZER' })
const rival = person({ role: 'ORGANIZER' })
const customer = person()

describe('venues', () => {
  it('of admins are open to all organizers, those of organizers are their own', async () => {
    const input = { city: 'Bandung', address: 'Jalan Braga 1' }
    const open = await story.does(admin, CREATE_VENUE, { input: { ...input, name: 'Open House' } })
    const own = await story.does(organizer, CREATE_VENUE, { input: { ...input, name: 'Own House' } })
    expect(open).toMatchObject({ public: true, owner: null })
    expect(own).toMatchObject({ public: false, owner: { id: organizer.id } })

    const list = `{ venues(filter: { city: "bandung" }) { edges { node { name } } totalCount } }`
    const names = async (viewer: typeof admin | null) =>
      (await story.does(viewer, list)).edges.map((edge: { node: { name: string } }) => edge.node.name)
    expect(await names(null)).toEqual(['Open House'])
    expect(await names(rival)).toEqual(['Open House'])
    expect(await names(organizer)).toEqual(['Open House', 'Own House'])
    expect(await names(admin)).toEqual(['Open House', 'Own House'])

    const update = `mutation($input: UpdateVenueInput!) { updateVenue(input: $input) { name city } }`
    expect(await story.does(organizer, update, { input: { id: own.id, name: 'New Name' } })).toEqual({
      name: 'New Name',
      city: 'Bandung',
    })
    for (const id of [own.id, open.id]) {
      expect(await story.refused(rival, update, { input: { id, name: 'Taken over' } })).toMatchObject({
        code: 'FORBIDDEN',
      })
    }
    expect(await story.refused(customer, CREATE_VENUE, { input: { ...input, name: 'No' } })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(
      await story.refused(organizer, CREATE_VENUE, {
        input: { ...input, name: 'Nowhere', locationId: newId() },
      }),
    ).toMatchObject({ fields: [{ path: 'input.locationId' }] })
    const remove = `mutation($id: ID!) { deleteVenue(id: $id) { name } }`
    expect(await story.does(organizer, remove, { id: own.id })).toEqual({ name: 'New Name' })
  })

  it('are paged forward and backward without a gap or a repeat', async () => {
    for (const name of ['A', 'B', 'C', 'D', 'E']) {
      await story.does(admin, CREATE_VENUE, { input: { name, city: 'Pagetown', address: 'x' } })
    }
    const list = `query($first: Int, $after: String, $last: Int, $before: String) {
      venues(filter: { city: "Pagetown" }, first: $first, after: $after, last: $last, before: $before) {
        edges { node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`
    const page = async (args: Record<string, unknown>) => {
      const { edges, pageInfo, totalCount } = await story.does(null, list, args)
      expect(totalCount).toBe(5)
      return { names: edges.map((edge: { node: { name: string } }) => edge.node.name).join(''), ...pageInfo }
    }
    const first = await page({ first: 2 })
    expect(first).toMatchObject({ names: 'AB', hasNextPage: true, hasPreviousPage: false })
    const second = await page({ first: 2, after: first.endCursor })
    expect(second).toMatchObject({ names: 'CD', hasNextPage: true, hasPreviousPage: true })
    expect(await page({ first: 2, after: second.endCursor })).toMatchObject({
      names: 'E',
      hasNextPage: false,
    })
    expect(await page({ last: 2, before: second.startCursor })).toMatchObject({
      names: 'AB',
      hasPreviousPage: false,
    })
    expect(await page({ last: 2 })).toMatchObject({ names: 'DE', hasPreviousPage: true })
    const foreign = Buffer.from(JSON.stringify(['venues', 'A', 'no id'])).toString('base64url')
    for (const args of [
      { first: 0 },
      { first: 101 },
      { first: 1, last: 1 },
      { first: 1, after: 'x' },
      { after: foreign },
    ]) {
      expect(await story.refused(null, list, args)).toMatchObject({ code: 'BAD_USER_INPUT' })
    }
  })
})

describe('rooms', () => {
  it('have a typed seat layout, completed with row labels', async () => {
    const { venue } = await openHouse(story)
    const seatLayout = {
      sections: [
        {
          name: 'Stalls',
          rows: 28,
          seatsPerRow: 20,
          priceTier: 'A',
          accessibleSeats: [{ row: 'AB', number: 20 }],
        },
        { name: 'Balcony', rows: 2, seatsPerRow: 10, rowLabels: ['1', '2'] },
      ],
    }
    const room = await story.does(admin, CREATE_ROOM, {
      input: { venueId: venue.id, name: 'Seated', seatLayout },
    })
    expect(room).toMatchObject({ capacity: 580, seatLayout: { seatCount: 580 }, venue: { id: venue.id } })
    const [stalls, balcony] = room.seatLayout.sections
    expect(stalls.rowLabels.slice(24)).toEqual(['Y', 'Z', 'AA', 'AB'])
    expect(stalls).toMatchObject({ priceTier: 'A', accessibleSeats: [{ row: 'AB', number: 20 }] })
    expect(balcony).toMatchObject({ rowLabels: ['1', '2'], priceTier: null, accessibleSeats: [] })

    const update = `mutation($input: UpdateRoomInput!) { updateRoom(input: $input) { name capacity seatLayout { seatCount } } }`
    expect(await story.refused(admin, update, { input: { id: room.id, capacity: 579 } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.capacity' }],
    })
    expect(
      await story.does(admin, update, {
        input: { id: room.id, name: 'Open floor', capacity: 100, seatLayout: null },
      }),
    ).toEqual({
      name: 'Open floor',
      capacity: 100,
      seatLayout: null,
    })
  })

  it('report everything that is wrong with a layout at once', async () => {
    const { venue } = await openHouse(story)
    const sections = [
      { name: 'A', rows: 2, seatsPerRow: 2, rowLabels: ['1', '1', '3'] },
      {
        name: 'A',
        rows: 1,
        seatsPerRow: 1,
        accessibleSeats: [
          { row: 'A', number: 1 },
          { row: 'A', number: 1 },
          { row: 'B', number: 1 },
        ],
      },
    ]
    const wrong = await story.refused(admin, CREATE_ROOM, {
      input: { venueId: venue.id, name: '', seatLayout: { sections } },
    })
    expect(wrong.code).toBe('BAD_USER_INPUT')
    expect(wrong.fields.map((field: { path: string }) => field.path)).toEqual(
      expect.arrayContaining([
        'input.name',
        'input.seatLayout.sections.0.rowLabels',
        'input.seatLayout.sections.1.accessibleSeats.1',
        'input.seatLayout.sections.1.accessibleSeats.2',
      ]),
    )
    const huge = [{ name: 'A', rows: 201, seatsPerRow: 1 }]
    const input = { venueId: venue.id, name: 'Huge', seatLayout: { sections: huge } }
    expect(await story.refused(admin, CREATE_ROOM, { input })).toMatchObject({
      fields: [{ path: 'input.seatLayout.sections.0.rows' }],
    })
    expect(
      await story.refused(admin, CREATE_ROOM, { input: { venueId: venue.id, name: 'Nothing' } }),
    ).toMatchObject({
      fields: [{ path: 'input.capacity' }],
    })
  })

  it('are made by those who own the venue, with distinct names', async () => {
    const { venue, organizer: guest } = await openHouse(story)
    const input = { venueId: venue.id, name: 'Main', capacity: 10 }
    expect(await story.refused(guest, CREATE_ROOM, { input })).toMatchObject({ code: 'FORBIDDEN' })
    expect(await story.refused(admin, CREATE_ROOM, { input })).toMatchObject({ code: 'CONFLICT' })
    expect(await story.refused(admin, CREATE_ROOM, { input: { ...input, venueId: newId() } })).toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('what somebody may do with a room', () => {
  it('is told to the ticket subgraph alone, which keeps the drawings of its seats', async () => {
    const place = { city: 'Bogor', address: 'Jalan Pajajaran 1' }
    const room = async (owner: typeof admin, name: string) => {
      const { id: venueId } = await story.does(owner, CREATE_VENUE, { input: { ...place, name } })
      return (await story.does(owner, CREATE_ROOM, { input: { venueId, name: 'Hall', capacity: 10 } })).id
    }
    const [open, own] = [await room(admin, 'Open Hall'), await room(organizer, 'Own Hall')]
    const RIGHTS = 'query ($roomId: ID!) { roomRights(roomId: $roomId) { mayUse mayChange } }'
    const rights = async (viewer: typeof admin | null, roomId: string) => {
      const { mayUse, mayChange } = (await story.ask(viewer, RIGHTS, { roomId }, 'ticket')).data.roomRights
      return [mayUse, mayChange]
    }
    expect(await rights(admin, own)).toEqual([true, true])
    expect(await rights(organizer, own)).toEqual([true, true])
    expect(await rights(rival, own)).toEqual([false, false])
    expect(await rights(organizer, open)).toEqual([true, false])
    expect(await rights(customer, open)).toEqual([false, false])
    expect(await rights(null, open)).toEqual([false, false])
    expect((await story.ask(admin, RIGHTS, { roomId: newId() }, 'ticket')).data.roomRights).toBeNull()
    expect((await story.ask(admin, RIGHTS, { roomId: open })).code).toBe('FORBIDDEN')
  })
})

describe('the schedule of a room', () => {
  const SCHEDULE = `query($roomId: ID!, $from: DateTime!, $to: DateTime!) {
    roomSchedule(roomId: $roomId, from: $from, to: $to) { kind startsAt endsAt reason event { title } } }`

  it('shows events and blocks; who may not see what takes the room still sees that it is taken', async () => {
    const house = await openHouse(story)
    const event = await house.createEvent()
    const block = { roomId: house.room.id, startsAt: event.endsAt, endsAt: inHours(60), reason: 'New floor' }
    const blocked = await story.does(house.admin, BLOCK, { input: block })
    expect(blocked).toMatchObject({ kind: 'BLOCK', reason: 'New floor', startsAt: event.endsAt })

    const span = { roomId: house.room.id, from: inHours(0), to: inHours(100) }
    expect(await story.does(house.admin, SCHEDULE, span)).toMatchObject([
      { kind: 'EVENT', event: { title: event.title }, reason: null },
      { kind: 'BLOCK', event: null, reason: 'New floor' },
    ])
    expect(await story.does(rival, SCHEDULE, span)).toMatchObject([
      { kind: 'EVENT', event: null, startsAt: event.startsAt },
      { kind: 'BLOCK', reason: null },
    ])
    expect(await story.does(null, SCHEDULE, { ...span, to: inHours(47) })).toEqual([])
    expect(await story.refused(null, SCHEDULE, { ...span, to: span.from })).toMatchObject({
      fields: [{ path: 'to' }],
    })
    expect(await story.refused(null, SCHEDULE, { ...span, roomId: newId() })).toMatchObject({
      code: 'NOT_FOUND',
    })

    const overlap = { ...block, startsAt: inHours(50), endsAt: inHours(52) }
    const taken = await story.refused(house.admin, BLOCK, { input: overlap })
    expect(taken).toMatchObject({ code: 'ROOM_NOT_AVAILABLE', roomId: house.room.id })
    expect(taken.conflicts).toEqual([
      { startsAt: event.startsAt, endsAt: event.endsAt },
      { startsAt: event.endsAt, endsAt: block.endsAt },
    ])

    const unblock = `mutation($id: ID!) { unblockSchedule(id: $id) { reason } }`
    expect(await story.refused(house.organizer, unblock, { id: blocked.id })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await story.does(house.admin, unblock, { id: blocked.id })).toEqual({ reason: 'New floor' })
    expect(await story.refused(house.admin, unblock, { id: blocked.id })).toMatchObject({ code: 'NOT_FOUND' })
    expect(await story.does(null, SCHEDULE, span)).toHaveLength(1)
  })
})
