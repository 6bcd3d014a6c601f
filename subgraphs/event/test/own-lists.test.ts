import { newId } from '@karcis/kit/ids'
import { MOST_HELD_EVENTS } from '@karcis/kit/contracts/held-events'
import type { Loose } from '@karcis/testkit/gql'
import { NOBODY, person } from '@karcis/testkit/people'
import { eventually } from '@karcis/testkit/eventually'
import { tell } from '@karcis/testkit/ask'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import type { Viewer } from '@karcis/kit/service-token'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordSearch } from '../src/domain/browsing/search-history.ts'
import { forgetting } from '../src/jobs.ts'
import { inHours, openHouse, type Story, standIn, startStory } from './stories.ts'

/** What the ticket subgraph says: events by the people who have tickets of them; a code in place of an answer. */
const held = new Map<string, string[] | string>()
/** What it was asked of the sale of events. */
const preloaded: Loose[] = []
let ticket: Awaited<ReturnType<typeof standIn>>
let story: Story
let house: Awaited<ReturnType<typeof openHouse>>

beforeAll(async () => {
  ticket = await standIn('ticket', ({ userId, after, limit, eventId }, { viewer }) => {
    if (userId === undefined) {
      preloaded.push({ eventId, viewer })
      return { ticketTypesByEvent: [], seatMap: null }
    }
    const events = held.get(userId) ?? []
    if (typeof events === 'string') return events
    const from = after === null ? 0 : events.indexOf(after) + 1
    return { heldEvents: events.slice(from, from + limit) }
  })
  story = await startStory({ TICKET_URL: ticket.url })
  house = await openHouse(story)
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await ticket[Symbol.asyncDispose]()
})

describe('events that somebody has tickets for', () => {
  const UPCOMING = `query($first: Int, $after: String, $last: Int) { upcomingEvents(first: $first, after: $after, last: $last) {
    totalCount edges { node { id } } pageInfo { endCursor hasNextPage } } }`
  const idsOf = ({ edges }: Loose) => edges.map(({ node }: Loose) => node.id)

  it('are listed the soonest first, of guests too, and only what is approved and not over', async () => {
    const add = (hours: number) =>
      house.createApproved({ roomId: null, startsAt: inHours(hours), endsAt: inHours(hours + 1) })
    const late = await add(30)
    const soon = await add(10)
    const calledOff = await add(20)
    await story.does(
      house.organizer,
      `mutation($id: ID!) { cancelEvent(id: $id, reason: "Rain") { id } }`,
      calledOff,
    )
    const over = await add(5)
    await story.sql(
      `UPDATE events SET version = version + 1, starts_at = now() - interval '2 h', ends_at = now() - interval '1 h' WHERE id = '${over.id}'`,
    )
    const events = [late, soon, calledOff, over].map(({ id }) => id)
    for (const viewer of [person(), person({ role: 'GUEST' })]) {
      // More than one answer has: the last of them is asked for too.
      held.set(viewer.id, [...Array.from({ length: MOST_HELD_EVENTS }, () => newId()), ...events])
      const page = await story.does(viewer, UPCOMING, { first: 1 })
      expect(page).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } })
      expect(idsOf(page)).toEqual([soon.id])
      expect(idsOf(await story.does(viewer, UPCOMING, { after: page.pageInfo.endCursor }))).toEqual([late.id])
    }
    expect(await story.does(person(), UPCOMING)).toMatchObject({ totalCount: 0, edges: [] })
  })

  it('are nobody else’s, and not known while tickets are not', async () => {
    expect((await story.refused(null, UPCOMING)).code).toBe('UNAUTHENTICATED')
    const viewer = person()
    expect(await story.refused(viewer, UPCOMING, { first: 0 })).toMatchObject({ fields: [{ path: 'first' }] })
    held.set(viewer.id, 'SERVICE_UNAVAILABLE')
    expect((await story.refused(viewer, UPCOMING)).code).toBe('SERVICE_UNAVAILABLE')
  })
})

describe('an event that is preloaded', () => {
  const PRELOAD = `mutation($id: ID!) { preloadEvent(id: $id) { id title } }`

  it('is given to everybody, and read once for all of them', async () => {
    const { id } = await house.createApproved({ roomId: null })
    const people = [null, person(), null, person({ role: 'GUEST' })]
    const given = await Promise.all(
      people.map((viewer) => story.does(viewer, PRELOAD, { id: id.toUpperCase() })),
    )
    expect(given).toEqual(people.map(() => ({ id, title: 'Konser Merdeka' })))
    expect(preloaded).toEqual([{ eventId: id, viewer: null }])
  })

  it('is given also while nothing more can be read, and is one that the viewer may see', async () => {
    const { id } = await house.createApproved({ roomId: null })
    const { redis } = story.subgraph.deps
    story.subgraph.deps.redis = { set: () => Promise.reject(new Error(NOBODY)) } as never
    try {
      expect(await story.does(null, PRELOAD, { id })).toMatchObject({ id })
    } finally {
      story.subgraph.deps.redis = redis
    }
    const draft = await house.createEvent({ roomId: null })
    expect((await story.refused(null, PRELOAD, { id: draft.id })).code).toBe('NOT_FOUND')
    expect(await story.does(house.organizer, PRELOAD, { id: draft.id })).toMatchObject({ id: draft.id })
    expect((await story.refused(null, PRELOAD, { id: 'x' })).code).toBe('BAD_USER_INPUT')
    expect(preloaded.filter(({ eventId }) => eventId === id || eventId === draft.id)).toEqual([])
  })
})

describe('what somebody has searched for', () => {
  const SEARCH = `query($search: String, $after: String, $first: Int) { events(filter: { search: $search }, first: $first, after: $after) {
    edges { cursor } } }`
  const HISTORY = `query($first: Int, $after: String) { searchHistory(first: $first, after: $after) {
    totalCount kept edges { node { search searchedAt } } pageInfo { endCursor hasNextPage } } }`
  const CLEAR = `mutation($keep: Boolean) { clearSearchHistory(keep: $keep) }`
  const history = async (viewer: Viewer): Promise<string[]> =>
    (await story.does(viewer, HISTORY, { first: 100 })).edges.map(({ node }: Loose) => node.search)
  const search = (viewer: Viewer | null, words: string, page: Loose = {}) =>
    story.does(viewer, SEARCH, { search: words, ...page })
  /** Until what is kept beside an answer is there. */
  const kept = (viewer: Viewer, ...searches: string[]) =>
    eventually(async () => expect(await history(viewer)).toEqual(searches))
  const rowsOf = async ({ id }: Viewer) =>
    (await story.sql(`SELECT count(*)::int AS n FROM search_history WHERE user_id = '${id}'`))[0]?.n
  const erased = ({ id }: Viewer) =>
    tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: id,
      payload: { userId: id, role: 'CUSTOMER', suspended: false, erased: true },
    })

  it('is there, the newest first and the same one once, in pages and for nobody else', async () => {
    await house.createApproved({ roomId: null, title: 'Wayang' })
    const viewer = person()
    await search(viewer, 'wayang')
    await kept(viewer, 'wayang')
    await search(viewer, ' keroncong   malam ')
    await kept(viewer, 'keroncong malam', 'wayang')
    await search(viewer, 'Wáyang')
    await kept(viewer, 'Wáyang', 'keroncong malam')
    const page = await story.does(viewer, HISTORY, { first: 1 })
    expect(page).toMatchObject({ totalCount: 2, kept: true, pageInfo: { hasNextPage: true } })
    const next = await story.does(viewer, HISTORY, { first: 1, after: page.pageInfo.endCursor })
    expect(next.edges).toMatchObject([{ node: { search: 'keroncong malam' } }])
    expect(await history(person())).toEqual([])
    expect((await story.refused(null, HISTORY)).code).toBe('UNAUTHENTICATED')
    for (const document of [HISTORY, CLEAR])
      expect((await story.refused(person({ role: 'GUEST' }), document)).code).toBe('FORBIDDEN')
  })

  it('is no further page, no refused search, and nothing of guests or of nobody', async () => {
    const [viewer, guest] = [person(), person({ role: 'GUEST' })]
    const { edges } = await search(null, 'konser', { first: 1 })
    await search(viewer, 'konser', { after: edges[0].cursor })
    await search(guest, 'konser')
    expect((await story.refused(viewer, SEARCH, { search: '&' })).code).toBe('BAD_USER_INPUT')
    await search(viewer, 'last')
    await kept(viewer, 'last')
    expect(await rowsOf(guest)).toBe(0)
  })

  it('is forgotten when they say so, and kept no more until they say that too', async () => {
    const viewer = person()
    await search(viewer, 'one')
    await kept(viewer, 'one')
    expect(await story.does(viewer, CLEAR)).toBe(true)
    await kept(viewer)
    await recordSearch(story.subgraph.deps, viewer.id, 'two')
    await kept(viewer, 'two')
    await story.does(viewer, CLEAR, { keep: false })
    await recordSearch(story.subgraph.deps, viewer.id, 'three')
    expect(await story.does(viewer, HISTORY)).toMatchObject({ kept: false, totalCount: 0 })
    await story.does(viewer, CLEAR)
    expect(await story.does(viewer, HISTORY)).toMatchObject({ kept: false })
    await story.does(viewer, CLEAR, { keep: true })
    await recordSearch(story.subgraph.deps, viewer.id, 'four')
    expect(await story.does(viewer, HISTORY)).toMatchObject({ kept: true, totalCount: 1 })
  })

  it('is fifty searches at most, which a rush would exceed without the lock', async () => {
    const { deps } = story.subgraph
    const rush = async () => {
      const viewer = person()
      await story.sql(`INSERT INTO search_history (user_id, search_key, search, id, searched_at)
        SELECT '${viewer.id}', n, n, gen_random_uuid(), now() - n * interval '1 min' FROM generate_series(1, 49) n`)
      await parallel(20, (n) => recordSearch(deps, viewer.id, `new ${n}`))
      expect((await history(viewer)).every((text, at) => at >= 20 || text.startsWith('new'))).toBe(true)
      return rowsOf(viewer)
    }
    let most = 0
    await withMutant(deps, ['pg_advisory_xact_lock(hashtextextended(', '(hashtextextended('], async () => {
      for (let round = 0; round < 10 && most <= 50; round += 1) most = Math.max(most, await rush())
    })
    expect(most).toBeGreaterThan(50)
    for (let round = 0; round < 3; round += 1) expect(await rush()).toBe(50)
  })

  it('goes with the account, and with time; a search that was under way then writes nothing', async () => {
    const [gone, old] = [person(), person()]
    for (const { id } of [gone, old]) await recordSearch(story.subgraph.deps, id, 'batik')
    const DATA = `query($userId: ID!) { personalDataOfEvents(userId: $userId) }`
    const { data } = await story.ask(null, DATA, { userId: gone.id }, 'user')
    expect(JSON.parse(data.personalDataOfEvents)).toMatchObject({
      searches: [{ search: 'batik' }],
      searchesKept: true,
    })
    await erased(gone)
    await recordSearch(story.subgraph.deps, gone.id, 'late')
    await story.does(gone, CLEAR, { keep: true })
    await recordSearch(story.subgraph.deps, gone.id, 'later')
    expect(await rowsOf(gone)).toBe(0)
    await story.sql(
      `UPDATE search_history SET searched_at = searched_at - interval '91 days' WHERE user_id = '${old.id}'`,
    )
    expect(await history(old)).toEqual([])
    await story.sql(
      `UPDATE search_history_off SET erased_at = now() - interval '2 days' WHERE user_id = '${gone.id}'`,
    )
    for (const job of forgetting) await job.run(story.subgraph.deps, {})
    expect(await rowsOf(old)).toBe(0)
    expect(await story.sql(`SELECT FROM search_history_off WHERE user_id = '${gone.id}'`)).toEqual([])
  })
})

describe('a category that is missing', () => {
  const FIELDS = 'id name reason status message category { id slug } organizer { id } decidedAt'
  const SUGGEST = `mutation($input: SuggestCategoryInput!) { suggestCategory(input: $input) { ${FIELDS} } }`
  const DECIDE = `mutation($id: ID!, $input: DecideCategorySuggestionInput!) { decideCategorySuggestion(id: $id, input: $input) { ${FIELDS} } }`
  const LIST = `query($status: CategorySuggestionStatus) { categorySuggestions(status: $status) { totalCount edges { node { id name } } } }`
  const reason = 'Shadow plays have no place yet.'
  const organizer = () => person({ role: 'ORGANIZER' })
  const suggest = (viewer: Viewer, name: string) => story.does(viewer, SUGGEST, { input: { name, reason } })
  const told = () =>
    story.sql(`SELECT payload FROM kit.outbox WHERE type = 'event.category-suggestion-decided' ORDER BY seq`)

  it('is suggested by organizers, and there once an admin says so, which they are told', async () => {
    const [one, other] = [organizer(), organizer()]
    const suggestion = await suggest(one, 'Wayang Kulit')
    expect(suggestion).toMatchObject({
      name: 'Wayang Kulit',
      reason,
      status: 'OPEN',
      organizer: { id: one.id },
    })
    expect(await story.refused(other, SUGGEST, { input: { name: 'wayang  kulit', reason } })).toMatchObject({
      code: 'CONFLICT',
    })
    expect(await story.does(one, LIST, { status: 'OPEN' })).toMatchObject({ totalCount: 1 })
    expect(await story.does(other, LIST)).toMatchObject({ totalCount: 0 })
    expect(await story.does(house.admin, LIST)).toMatchObject({ edges: [{ node: { id: suggestion.id } }] })

    const approve = { id: suggestion.id.toUpperCase(), input: { decision: 'APPROVED' } }
    const answers = await Promise.all([1, 2].map(() => story.ask(house.admin, DECIDE, approve)))
    expect(answers.map(({ code }) => code).sort()).toEqual(['CONFLICT', undefined])
    const [decided] = answers.flatMap(({ data }) => data?.decideCategorySuggestion ?? [])
    expect(decided).toMatchObject({ status: 'APPROVED', category: { slug: 'wayang-kulit' } })
    expect(decided.decidedAt).not.toBeNull()
    expect(
      await story.does(null, `query($id: ID!) { category(id: $id) { name } }`, decided.category),
    ).toEqual({
      name: 'Wayang Kulit',
    })
    expect((await story.refused(other, SUGGEST, { input: { name: 'Wayang-Kulit', reason } })).code).toBe(
      'CONFLICT',
    )
    const news = { suggestionId: suggestion.id, organizerId: one.id, name: 'Wayang Kulit' }
    expect((await told()).map(({ payload }) => payload)).toEqual([
      { ...news, decision: 'APPROVED', message: null },
    ])
  })

  it('is refused with a reason, and may be suggested again', async () => {
    const viewer = organizer()
    const { id } = await suggest(viewer, 'Opera')
    expect(await story.refused(house.admin, DECIDE, { id, input: { decision: 'REJECTED' } })).toMatchObject({
      fields: [{ path: 'input.message' }],
    })
    const input = { decision: 'REJECTED', message: 'Nobody comes.' }
    expect(await story.does(house.admin, DECIDE, { id, input })).toMatchObject({
      status: 'REJECTED',
      message: 'Nobody comes.',
      category: null,
    })
    // Once: without the condition of the UPDATE it would be decided again.
    expect((await story.refused(house.admin, DECIDE, { id, input })).code).toBe('CONFLICT')
    const again = await withMutant(
      story.subgraph.deps,
      [" AND status = 'OPEN' RETURNING", ' RETURNING'],
      () => story.does(house.admin, DECIDE, { id, input }),
    )
    expect(again.status).toBe('REJECTED')
    expect((await suggest(organizer(), 'opera')).status).toBe('OPEN')
    expect((await story.refused(house.admin, DECIDE, { id: newId(), input })).code).toBe('NOT_FOUND')
    for (const [who, code] of [
      [null, 'UNAUTHENTICATED'],
      [person(), 'FORBIDDEN'],
    ] as const)
      for (const [document, variables] of [
        [SUGGEST, { input: { name: 'x', reason } }],
        [LIST, {}],
        [DECIDE, { id, input }],
      ] as const)
        expect((await story.refused(who, document, variables)).code).toBe(code)
    expect((await story.refused(viewer, DECIDE, { id, input })).code).toBe('FORBIDDEN')
  })

  it('makes no category where there is one by now: nothing of it is decided, and nobody told', async () => {
    const { id } = await suggest(organizer(), 'Balet')
    await story.does(house.admin, `mutation { createCategory(input: { name: "Balet" }) { id } }`)
    const before = await told()
    expect((await story.refused(house.admin, DECIDE, { id, input: { decision: 'APPROVED' } })).code).toBe(
      'CONFLICT',
    )
    expect(await story.sql(`SELECT status FROM category_suggestions WHERE id = '${id}'`)).toEqual([
      { status: 'OPEN' },
    ])
    expect(await told()).toEqual(before)
  })

  it('waits once and five times of one organizer, also in a rush; it goes with the account', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `Genre ${n}`)
    const viewer = organizer()
    const input = (name: string) => ({ input: { name, reason } })
    const answers = await Promise.all(names.map((name) => story.ask(viewer, SUGGEST, input(name))))
    expect(answers.filter(({ code }) => code === 'LIMIT_EXCEEDED')).toHaveLength(7)
    const same = await Promise.all(names.map(() => story.ask(organizer(), SUGGEST, input('Tari Kecak'))))
    expect(same.filter(({ code }) => code === 'CONFLICT')).toHaveLength(11)
    const DATA = `query($userId: ID!) { personalDataOfEvents(userId: $userId) }`
    const { data } = await story.ask(null, DATA, { userId: viewer.id }, 'user')
    expect(JSON.parse(data.personalDataOfEvents).categorySuggestions).toHaveLength(5)
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: viewer.id,
      payload: { userId: viewer.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
    expect(await story.sql(`SELECT FROM category_suggestions WHERE organizer_id = '${viewer.id}'`)).toEqual(
      [],
    )
  })
})
