import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { person } from '@karcis/testkit/people'
import { explain, statementsOf } from '@karcis/testkit/plans'
import { vacuum } from '@karcis/testkit/vacuum'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHouse, type Story, startStory } from './stories.ts'

const MANY = 30_000
const AT_ONCE = 500
const STATUSES = ['DRAFT', 'PENDING', 'APPROVED', 'REJECTED', 'CANCELLED', 'COMPLETED'] as const
const LIST = `query($filter: EventFilter, $orderBy: [EventOrder!]) {
  events(filter: $filter, orderBy: $orderBy, first: 100) { totalCount edges { node { id } } } }`

let story: Story
const big = person({ role: 'ORGANIZER' })
const small = person({ role: 'ORGANIZER' })
const viewers: Record<string, Viewer | null> = {
  nobody: null,
  customer: person(),
  big,
  small,
  admin: person({ role: 'ADMIN' }),
}

/** Events of two organizers, all statuses, past, running and to come, of which some have changes that wait; most are approved. */
async function addEvents(count: number, organizers: string[]): Promise<void> {
  const house = await openHouse(story)
  const prefix = newId()
  // So many in one statement as a slow machine writes within its time limit.
  for (let from = 1; from <= count; from += AT_ONCE)
    await story.sql(
      `INSERT INTO events (id, slug, title, description, status, organizer_id, category_id, starts_at, ends_at, timezone, online,
       currency, approved_at)
     SELECT gen_random_uuid(), $4 || n, 'Event ' || n, repeat('An evening of songs. ', 20), (CASE WHEN n % 16 < 12 THEN 'APPROVED' ELSE
         (ARRAY['DRAFT', 'PENDING', 'REJECTED', 'CANCELLED'])[n % 16 - 11] END)::event_status,
       ($1::uuid[])[1 + n % array_length($1::uuid[], 1)], $2::uuid, now() + (n - $3::int / 2) * interval '20 min',
       now() + (n - $3::int / 2) * interval '20 min' + (n % 31 + 0.5) * interval '1 day', 'UTC', true, 'IDR', now()
     FROM generate_series($5::int, least($3::int, $5::int + $6::int)) n`,
      organizers,
      house.category.id,
      count,
      prefix,
      from,
      AT_ONCE - 1,
    )
  await story.sql(
    `INSERT INTO event_pending_changes (event_id, title, starts_at, ends_at, timezone, online)
     SELECT id, 'Other', starts_at, ends_at, timezone, online FROM events
     WHERE status = 'APPROVED' AND right(slug, 1) = '4' ORDER BY slug LIMIT 40`,
  )
}

describe('line 34: which events are in a list', () => {
  beforeAll(async () => {
    story = await startStory()
    await addEvents(90, [big.id, big.id, small.id])
  })
  afterAll(() => story[Symbol.asyncDispose]())

  /** What a list is to show, said in the plainest way there is. */
  const truth = (viewer: Viewer | null, status: string | null) =>
    story.sql(
      `SELECT id FROM (SELECT e.id, e.starts_at, e.status = 'APPROVED' OR owned AS visible, CASE
           WHEN e.status <> 'APPROVED' THEN e.status::text
           WHEN e.ends_at <= now() THEN 'COMPLETED'
           WHEN owned AND EXISTS (SELECT FROM event_pending_changes p WHERE p.event_id = e.id) THEN 'PENDING'
           ELSE 'APPROVED' END AS shown
         FROM events e, LATERAL (SELECT coalesce(e.organizer_id = $1::uuid, false) OR $2 AS owned) o) e
       WHERE visible AND ($3::text IS NULL OR shown = $3) ORDER BY starts_at, id`,
      viewer?.id ?? null,
      viewer?.role === 'ADMIN',
      status,
    )

  it.each(Object.keys(viewers))('and how many, for %s, in each status', async (name) => {
    const viewer = viewers[name] ?? null
    for (const status of [null, ...STATUSES]) {
      const expected = await truth(viewer, status)
      const { totalCount, edges } = await story.does(viewer, LIST, { filter: { status } })
      expect(
        { totalCount, ids: edges.map((edge: { node: { id: string } }) => edge.node.id) },
        `${status}`,
      ).toEqual({ totalCount: expected.length, ids: expected.map(({ id }) => id) })
    }
    expect((await truth(viewer, 'APPROVED')).length).toBeGreaterThan(10)
  })
})

describe(`line 34: of ${MANY} events`, () => {
  beforeAll(async () => {
    story = await startStory()
    await story.sql('ALTER TABLE events DISABLE TRIGGER events_write_text')
    await addEvents(MANY, [
      ...Array.from({ length: 99 }, () => big.id),
      small.id,
      ...Array.from({ length: 200 }, newId),
    ])
    await vacuum((text) => story.sql(text), 'events')
  })
  afterAll(() => story[Symbol.asyncDispose]())

  /** How Postgres goes about what a list asks it: pages are planned for whatever values come, counts for these. */
  async function plansOf(run: () => Promise<unknown>): Promise<string[]> {
    const { deps } = story.subgraph
    const asked = await statementsOf(deps, run)
    const lists = asked.filter(({ query }) => query.text.includes('FROM events e'))
    return Promise.all(lists.map((each) => explain(deps.db, each)))
  }

  it.each(Object.keys(viewers))(
    'a page, and how many there are, are read from an index for %s',
    async (name) => {
      const viewer = viewers[name] ?? null
      for (const status of [null, ...STATUSES]) {
        for (const orderBy of ['STARTS_AT_ASC', 'STARTS_AT_DESC', 'CREATED_AT_DESC']) {
          const plans = await plansOf(() => story.does(viewer, LIST, { filter: { status }, orderBy }))
          expect(plans).toHaveLength(2)
          if (name === 'admin' && status === null) plans.pop() // all there is, by whichever way is the shortest
          for (const plan of plans) expect(plan, `${status} ${orderBy}`).not.toMatch(/Seq Scan on events/)
        }
      }
    },
  )

  it('are counted without a look at those that everybody sees', async () => {
    for (const viewer of [null, viewers.customer ?? null, big]) {
      const [, plan] = await plansOf(() => story.does(viewer, LIST, {}))
      expect(plan).toContain('Index Only Scan using events_approved')
    }
  })

  it("an organizer's own are found and counted by indexes of their own", async () => {
    const MY = `query($status: EventStatus) { myEvents(status: $status, first: 20) { totalCount edges { node { id } } } }`
    const [page, count] = await plansOf(() => story.does(small, MY))
    expect(page).toContain('events_of_organizer')
    expect(count).not.toContain('Seq Scan')
    const [drafts] = await plansOf(() => story.does(big, MY, { status: 'DRAFT' }))
    expect(drafts).toContain('events_unapproved')
  })
  it('the popular ones are found without a look at all that nobody has looked at', async () => {
    const first = await story.does(null, '{ popularEvents(first: 100) { id startsAt } }')
    const soonest = first.map(({ startsAt }: { startsAt: string }) => startsAt)
    expect(soonest).toEqual(soonest.toSorted())
    expect(first).toHaveLength(100)
    const [late, later] = await story.sql(
      `SELECT id FROM events WHERE status = 'APPROVED' AND starts_at > now() ORDER BY starts_at DESC LIMIT 2`,
    )
    await story.sql(
      // Fifty views of two months ago are less than one of today.
      `UPDATE event_listings SET popularity = CASE event_id WHEN $1::uuid THEN popularity_after(0, 50, now() - interval '60 d')
       ELSE popularity_after(popularity_after(0, 1, now() - interval '20 d'), 1, now()) END WHERE event_id IN ($1::uuid, $2::uuid)`,
      late.id,
      later.id,
    )
    const ids = (await story.does(null, '{ popularEvents(first: 100) { id } }')).map(
      ({ id }: { id: string }) => id,
    )
    expect(ids).toEqual([later.id, late.id, ...first.slice(0, 98).map(({ id }: { id: string }) => id)])
    const [plan] = await plansOf(() => story.does(null, '{ popularEvents { id } }'))
    expect(plan).not.toMatch(/Seq Scan on (events|event_listings)\b/)
  })
})
