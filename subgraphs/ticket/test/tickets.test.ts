import { setTimeout as sleep } from 'node:timers/promises'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { countingQueries } from './counting-queries.ts'
import { checkIn } from './doors.ts'
import { verifyTicketCode } from '../src/domain/tickets/verify-ticket-code.ts'
import { readQr } from './read-qr.ts'
import { type Story, startStory } from './stories.ts'

const TICKET = `query ($id: ID!) { ticket(id: $id) { id code qrCode status createdAt checkedInAt
  event { id } owner { id } ticketType { id name } seat { id row number } } }`
const ENTITIES = (fields: string) => `query ($of: [_Any!]!) { _entities(representations: $of) { ${fields} } }`
const MINE =
  'query ($first: Int, $after: String, $last: Int, $before: String) { myTickets(first: $first, after: $after, last: $last, before: $before) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor } edges { node { id } } } }'

/** Tickets for seats that a buyer has paid for. */
async function tickets(story: Story, seats = ['A1', 'A2'], buyer: Viewer = person()) {
  const hall = await story.hall(1, 10)
  const bookingId = newId()
  const hold = (await story.holdSeats(buyer, hall.eventId, seats.map(hall.seat))).data.holdSeats
  await story.booking.bind(buyer, hold.id, bookingId)
  const ids: string[] = (await story.booking.issue(bookingId)).data.issueTickets.ticketIds
  return { ...hall, buyer, ids, id: ids[0] ?? '' }
}

describe('a ticket', () => {
  it('carries a code that anybody can verify offline with the published keys, and that names no person', async () => {
    await using story = await startStory()
    const { buyer, id, eventId, typeId, seat } = await tickets(story)
    const { ticket } = await story.mustAsk(buyer, TICKET, { id })
    expect(ticket).toMatchObject({
      id,
      status: 'VALID',
      checkedInAt: null,
      event: { id: eventId },
      owner: { id: buyer.id },
      ticketType: { id: typeId, name: 'Seat' },
      seat: { id: seat('A1'), row: 'A', number: 1 },
    })
    const { ticketVerificationKeys } = await story.mustAsk(
      null,
      '{ ticketVerificationKeys { kid kty crv x alg } }',
    )
    expect(await verifyTicketCode(ticket.code, ticketVerificationKeys)).toEqual({ ticketId: id, eventId })
    expect(ticketVerificationKeys).toEqual([
      { kid: expect.any(String), kty: 'OKP', crv: 'Ed25519', x: expect.any(String), alg: 'EdDSA' },
    ])
    expect(readQr(ticket.qrCode)).toBe(ticket.code)
  })

  it('has its event among those that its owner goes to, until that is over or the ticket is not valid', async () => {
    await using story = await startStory()
    const { buyer, ids, eventId } = await tickets(story)
    const { eventId: other } = await tickets(story, ['A1'], buyer)
    const HELD = `query ($userId: ID!, $after: ID, $limit: Int!) { heldEvents(userId: $userId, after: $after, limit: $limit) }`
    const held = async (after: string | null = null, limit = 1_000) =>
      (await story.ask(null, HELD, { userId: buyer.id, after, limit }, 'event')).data.heldEvents
    const [first = '', second = ''] = [eventId, other].sort()
    expect(await held()).toEqual([first, second]) // once each, also of what has two tickets
    expect(await held(null, 1)).toEqual([first])
    expect(await held(first)).toEqual([second])
    await story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${ids[0]}'`)
    expect(await held()).toHaveLength(2)
    await story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${ids[1]}'`)
    expect(await held()).toEqual([other])
    await story.sql(
      `UPDATE event_copies SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h' WHERE id = '${other}'`,
    )
    expect(await held()).toEqual([])
    const asked = { userId: buyer.id, after: null, limit: 1 }
    for (const service of ['router', 'user', 'booking'] as const)
      expect((await story.ask(null, HELD, asked, service)).code).toBe('FORBIDDEN')
    expect((await story.ask(null, HELD, { ...asked, limit: 1_001 }, 'event')).code).toBe('BAD_USER_INPUT')
  })

  it('says when it changed last, by whatever hand: an owner, the door, a refund', async () => {
    await using story = await startStory()
    const { buyer, ids, id, eventId } = await tickets(story)
    const [, other = ''] = ids
    const read = async (of = id) => {
      const { ticket } = await story.mustAsk(
        buyer,
        'query ($id: ID!) { ticket(id: $id) { code createdAt updatedAt } }',
        { id: of },
      )
      return { ...ticket, at: Date.parse(ticket.updatedAt) }
    }
    const first = await read()
    expect(first.updatedAt).toBe(first.createdAt)
    const changes: (() => Promise<unknown>)[] = [
      () =>
        story.mustAsk(
          buyer,
          'mutation ($input: SetAttendeeInput!) { setAttendee(input: $input) { updatedAt } }',
          { input: { ticketId: id, name: 'Wati' } },
        ),
      () => checkIn(story, story.organizer, { code: first.code, eventId }),
      () => story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${id}'`),
    ]
    let { at } = first
    for (const change of changes) {
      await sleep(2)
      await change()
      const after = await read()
      expect(after.at).toBeGreaterThan(at)
      expect(after.createdAt).toBe(first.createdAt)
      at = after.at
    }
    expect((await read(other)).updatedAt).toBe(first.updatedAt)
  })

  it('stays verifiable after the keys were rotated', async () => {
    await using story = await startStory()
    const { buyer, id } = await tickets(story)
    await story.deps.signingKeys.rotate()
    const { ticketVerificationKeys, ticket } = await story.mustAsk(
      buyer,
      'query ($id: ID!) { ticketVerificationKeys { kid kty crv x alg } ticket(id: $id) { code } }',
      { id },
    )
    expect(ticketVerificationKeys).toHaveLength(2)
    expect(await verifyTicketCode(ticket.code, ticketVerificationKeys)).toMatchObject({ ticketId: id })
  })

  it('is shown to its owner, the organizer of its event and admins, and to nobody else', async () => {
    await using story = await startStory()
    const { buyer, id } = await tickets(story)
    const reference = { of: [{ __typename: 'Ticket', id }] }
    const entity = ENTITIES('... on Ticket { id code }')
    for (const viewer of [buyer, story.organizer, story.admin]) {
      expect((await story.ask(viewer, TICKET, { id })).data.ticket.id).toBe(id)
      expect((await story.ask(viewer, entity, reference)).data._entities).toMatchObject([{ id }])
    }
    for (const viewer of [person(), person({ role: 'ORGANIZER' }), null]) {
      expect((await story.ask(viewer, TICKET, { id })).code).toBe(viewer ? 'FORBIDDEN' : 'UNAUTHENTICATED')
      expect((await story.ask(viewer, entity, reference)).data._entities).toEqual([null])
    }
    expect((await story.ask(buyer, TICKET, { id: newId() })).data.ticket).toBeNull()
  })

  it('is in the list of its owner, newest first, page by page from either end', async () => {
    await using story = await startStory()
    const buyer = person()
    const made = [
      ...(await tickets(story, ['A1', 'A2', 'A3'], buyer)).ids,
      ...(await tickets(story, ['A1', 'A2'], buyer)).ids,
    ]
    await tickets(story)
    const page = async (args: object) => {
      const { data, code, facts } = await story.ask(buyer, MINE, { ...args })
      return {
        ...data?.myTickets,
        code,
        facts,
        ids: data?.myTickets?.edges.map((edge: { node: { id: string } }) => edge.node.id),
      }
    }
    const newest = made.toReversed()
    const first = await page({ first: 2 })
    expect(first).toMatchObject({
      ids: newest.slice(0, 2),
      totalCount: 5,
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
    })
    expect(await page({ first: 9, after: first.pageInfo.endCursor })).toMatchObject({
      ids: newest.slice(2),
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    })
    const last = await page({ last: 2 })
    expect(last).toMatchObject({ ids: newest.slice(3), pageInfo: { hasPreviousPage: true } })
    expect(await page({ last: 9, before: last.pageInfo.startCursor })).toMatchObject({
      ids: newest.slice(0, 3),
    })
    expect((await page({ first: 101 })).facts.fields).toMatchObject([{ path: 'first' }])
    expect((await page({ after: 'x' })).facts.fields).toMatchObject([{ path: 'after' }])
    expect((await story.ask(null, MINE)).code).toBe('UNAUTHENTICATED')
  })

  it('is in User.tickets, for the users themselves and admins', async () => {
    await using story = await startStory()
    const { buyer, ids } = await tickets(story)
    const ask = ENTITIES('... on User { tickets(first: 5) { edges { node { id } } } }')
    const reference = { of: [{ __typename: 'User', id: buyer.id }] }
    for (const viewer of [buyer, story.admin])
      expect((await story.mustAsk(viewer, ask, reference))._entities[0].tickets.edges).toHaveLength(
        ids.length,
      )
    const sameUser = { of: [{ __typename: 'User', id: buyer.id.toUpperCase() }] }
    expect((await story.mustAsk(buyer, ask, sameUser))._entities[0].tickets.edges).toHaveLength(ids.length)
    expect((await story.ask(person(), ask, reference)).code).toBe('FORBIDDEN')
  })
})

describe('entities', () => {
  it('are read in one query per kind for any number of references, and in the order asked for', async () => {
    await using story = await startStory()
    const many = [await tickets(story), await tickets(story), await tickets(story)]
    const unknown = newId()
    const cost = async (of: object[], fields: string) => {
      const queries = countingQueries(story.deps)
      const { _entities } = await story.mustAsk(story.admin, ENTITIES(fields), { of })
      return {
        queries: queries.length,
        found: _entities.map((thing: { id: string } | null) => thing?.id ?? null),
      }
    }
    const refer = (__typename: string, ids: string[]) => ids.map((id) => ({ __typename, id }))
    const typeIds = [...many.map(({ typeId }) => typeId).reverse(), unknown, 'no id']
    expect(
      await cost(refer('TicketType', typeIds), '... on TicketType { id name available event { id } }'),
    ).toEqual({
      queries: 1,
      found: [...typeIds.slice(0, 3), null, null],
    })
    const seatIds = many.flatMap(({ ids: _, seats }) => seats.map(({ id }) => id)).reverse()
    expect(
      await cost(refer('Seat', seatIds), '... on Seat { id section status ticketType { name } }'),
    ).toEqual({ queries: 3, found: seatIds })
    const ticketIds = many.flatMap(({ ids }) => ids)
    expect(
      await cost(
        refer('Ticket', ticketIds),
        '... on Ticket { id code seat { row ticketType { name } } ticketType { name } }',
      ),
    ).toEqual({
      queries: 3,
      found: ticketIds,
    })
    const eventIds = many.map(({ eventId }) => eventId)
    expect(
      await cost(
        refer('Event', eventIds),
        '... on Event { id ticketTypes { name } priceRange { min max currency } seatMap { revision seats { id } sections { name } } }',
      ),
    ).toEqual({ queries: 4, found: eventIds })
  })

  it('line 15: pages of tickets, and their counts, of many users are read in one query each', async () => {
    await using story = await startStory()
    const many = [
      await tickets(story),
      await tickets(story, ['A1']),
      await tickets(story, ['A1', 'A2', 'A3']),
    ]
    const of = [...many.map(({ buyer }) => buyer.id), newId()].map((id) => ({ __typename: 'User', id }))
    const page = 'tickets(first: 2) { totalCount pageInfo { hasNextPage } edges { node { id } } }'
    const oldest = 'oldest: tickets(last: 1) { edges { node { id } } }'
    const queries = countingQueries(story.deps)
    const { _entities } = await story.mustAsk(story.admin, ENTITIES(`... on User { ${page} ${oldest} }`), {
      of,
    })
    expect(queries).toHaveLength(3)
    const idsOf = ({ edges }: { edges: { node: { id: string } }[] }) => edges.map(({ node }) => node.id)
    for (const [at, { ids }] of many.entries()) {
      const { tickets: newest, oldest: last } = _entities[at]
      expect(idsOf(newest)).toEqual(ids.toReversed().slice(0, 2))
      expect(newest).toMatchObject({ totalCount: ids.length, pageInfo: { hasNextPage: ids.length > 2 } })
      expect(idsOf(last)).toEqual(ids.slice(0, 1))
    }
    expect(_entities[3]).toMatchObject({ tickets: { totalCount: 0, edges: [] }, oldest: { edges: [] } })
  })

  it('give an event its price range, its types and no seat map when it has none', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const ask = ENTITIES(
      '... on Event { ticketTypes { name } priceRange { min max currency } seatMap { revision } }',
    )
    const of = [
      { __typename: 'Event', id: eventId },
      { __typename: 'Event', id: newId() },
    ]
    await story.ticketType(eventId, { name: 'A', price: 5 })
    await story.ticketType(eventId, { name: 'B', kind: 'FREE', price: 0 })
    expect((await story.mustAsk(null, ask, { of }))._entities).toEqual([
      {
        ticketTypes: [{ name: 'A' }, { name: 'B' }],
        priceRange: { min: 0, max: 5, currency: 'IDR' },
        seatMap: null,
      },
      { ticketTypes: [], priceRange: null, seatMap: null },
    ])
  })

  it('and everything else is answered to processes of the system only', async () => {
    await using story = await startStory()
    for (const query of ['{ __typename }', '{ _service { sdl } }', '{ ticketVerificationKeys { kid } }']) {
      const response = await fetch(`${story.subgraph.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      })
      expect(response.status).toBe(401)
    }
  })
})

describe('all tickets', () => {
  const ALL = `query ($filter: TicketFilter, $first: Int, $after: String) { tickets(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id } } } }`

  it('are listed for admins alone, by event, owner and status', async () => {
    await using story = await startStory()
    const here = await tickets(story, ['A1', 'A2', 'A3'])
    const there = await tickets(story, ['A1'], here.buyer)
    const elsewhere = await tickets(story)
    await story.sql(`UPDATE tickets SET status = 'REFUNDED' WHERE id = '${here.ids[1]}'`)
    const list = async (filter: object | null, page: object = {}) =>
      (await story.mustAsk(story.admin, ALL, { filter, ...page })).tickets
    const idsOf = async (filter: object | null): Promise<string[]> =>
      (await list(filter)).edges.map(({ node }: { node: { id: string } }) => node.id)
    expect(await idsOf(null)).toEqual([...here.ids, ...there.ids, ...elsewhere.ids].sort().reverse())
    expect(await idsOf({ eventId: here.eventId.toUpperCase() })).toEqual([...here.ids].sort().reverse())
    expect(await idsOf({ ownerId: here.buyer.id })).toEqual([...here.ids, ...there.ids].sort().reverse())
    expect(await idsOf({ status: 'REFUNDED' })).toEqual([here.ids[1]])
    expect(await idsOf({ ownerId: here.buyer.id, eventId: there.eventId, status: 'VALID' })).toEqual(
      there.ids,
    )
    const first = await list({ status: 'VALID' }, { first: 3 })
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true }, edges: { length: 3 } })
    const rest = await list({ status: 'VALID' }, { first: 3, after: first.pageInfo.endCursor })
    expect(rest).toMatchObject({ pageInfo: { hasNextPage: false }, edges: { length: 2 } })

    expect((await story.ask(story.organizer, ALL)).code).toBe('FORBIDDEN')
    expect((await story.ask(null, ALL)).code).toBe('UNAUTHENTICATED')
    expect((await story.ask(story.admin, ALL, { filter: { eventId: 'x' } })).facts.fields).toEqual([
      { path: 'filter.eventId', message: 'must be an id (UUID)' },
    ])
  })
})
