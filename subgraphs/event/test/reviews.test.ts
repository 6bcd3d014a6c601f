import type { Attendance } from '@karcis/kit/contracts/attendance'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import type { Loose } from '@karcis/testkit/gql'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { person } from '@karcis/testkit/people'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tellOfReviews } from '../src/domain/reviews/tell-of-reviews.ts'
import { inHours, openHouse, REVIEW_EVENT, type Story, standIn, startStory } from './stories.ts'

const WAS_THERE: Attendance = { checkedIn: true, hasTicket: true, scanned: true }

/** What the ticket subgraph would say of these people; of all others that they were there. */
const attendances = new Map<string, Attendance>()

let ticket: Awaited<ReturnType<typeof standIn>>
let story: Story
let house: Awaited<ReturnType<typeof openHouse>>
beforeAll(async () => {
  ticket = await standIn('ticket', ({ userId }) => ({ attendance: attendances.get(userId) ?? WAS_THERE }))
  story = await startStory({ TICKET_URL: ticket.url })
  house = await openHouse(story)
})
afterAll(async () => {
  await story[Symbol.asyncDispose]()
  await ticket[Symbol.asyncDispose]()
})

const REVIEW = `fragment R on Review { id rating comment status hiddenMessage answer answeredAt answerEditedAt editedAt author { id } event { id } }`
const CREATE = `${REVIEW} mutation($input: CreateReviewInput!) { createReview(input: $input) { ...R } }`
const UPDATE = `${REVIEW} mutation($input: UpdateReviewInput!) { updateReview(input: $input) { ...R } }`
const DELETE = `${REVIEW} mutation($id: ID!) { deleteReview(id: $id) { ...R } }`
const MODERATE = `${REVIEW} mutation($id: ID!, $input: ModerateReviewInput!) { moderateReview(id: $id, input: $input) { ...R moderations { decision message moderator { id } } } }`
const ANSWER = `${REVIEW} mutation($id: ID!, $text: String) { answerReview(id: $id, text: $text) { ...R } }`
const REPORT = `mutation($id: ID!, $reason: String!) { reportReview(id: $id, reason: $reason) { id } }`
const GET = `${REVIEW} query($id: ID!) { review(id: $id) { ...R } }`
const RATING = 'query($id: ID!) { event(id: $id) { rating { count mean distribution } } }'
const LIST = `${REVIEW} query($id: ID!, $orderBy: ReviewOrder, $rating: Int, $status: ReviewStatus, $first: Int, $after: String) {
  event(id: $id) { reviews(orderBy: $orderBy, rating: $rating, status: $status, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { ...R } } } } }`

/** An approved event without a room, over since an hour unless it is to come. */
async function event({
  over = true,
  by = house.organizer,
}: {
  over?: boolean
  by?: Viewer
} = {}): Promise<Loose> {
  const made = await house.createApproved({ roomId: null }, by)
  if (over)
    await story.sql(
      `UPDATE events SET starts_at = now() - interval '2 h', ends_at = now() - interval '1 h', version = version + 1 WHERE id = $1::uuid`,
      made.id,
    )
  return made
}

const ratingOf = async (id: string) => (await story.does(null, RATING, { id })).rating
const write = (by: Viewer, eventId: string, rating = 5, comment: string | null = 'Good.') =>
  story.does(by, CREATE, { input: { eventId, rating, comment } })
const outbox = (type: string, aggregateId: string): Promise<Loose[]> =>
  story.sql(
    `SELECT payload FROM kit.outbox WHERE type = $1 AND aggregate_id = $2 ORDER BY seq`,
    type,
    aggregateId,
  )

describe('who was at an event', () => {
  it('reviews it once it is over, once, and changes and removes what they have said', async () => {
    const [siti, { id: eventId }] = [person(), await event()]
    const review = await write(siti, eventId.toUpperCase(), 4, ' Loud,\r\nbut good. ')
    expect(review).toMatchObject({
      rating: 4,
      comment: 'Loud,\nbut good.',
      status: 'PUBLISHED',
      author: { id: siti.id },
      event: { id: eventId },
      editedAt: null,
    })
    expect(await ratingOf(eventId)).toEqual({ count: 1, mean: 4, distribution: [0, 0, 0, 1, 0] })
    expect(await story.refused(siti, CREATE, { input: { eventId, rating: 5 } })).toMatchObject({
      code: 'CONFLICT',
    })

    const changed = await story.does(siti, UPDATE, { input: { id: review.id, rating: 2 } })
    expect(changed).toMatchObject({ rating: 2, comment: 'Loud,\nbut good.', editedAt: expect.any(String) })
    expect(await ratingOf(eventId)).toEqual({ count: 1, mean: 2, distribution: [0, 1, 0, 0, 0] })
    const stranger = person()
    expect(await story.refused(stranger, UPDATE, { input: { id: review.id, rating: 1 } })).toMatchObject({
      code: 'FORBIDDEN',
    })
    expect(await story.refused(stranger, DELETE, { id: review.id })).toMatchObject({ code: 'FORBIDDEN' })

    expect(await story.does(siti, '{ myReviews { totalCount edges { node { id } } } }')).toEqual({
      totalCount: 1,
      edges: [{ node: { id: review.id } }],
    })
    await story.does(siti, DELETE, { id: review.id })
    expect(await ratingOf(eventId)).toEqual({ count: 0, mean: null, distribution: [0, 0, 0, 0, 0] })
    await write(siti, eventId, 3, null)
    expect((await ratingOf(eventId)).mean).toBe(3)
  })

  it('is known by a check-in; where nobody ever scanned a ticket, by a ticket', async () => {
    const { id: eventId } = await event()
    const cases = [
      [{ checkedIn: false, hasTicket: true, scanned: true }, 'FORBIDDEN'],
      [{ checkedIn: false, hasTicket: false, scanned: false }, 'FORBIDDEN'],
      [{ checkedIn: false, hasTicket: true, scanned: false }, undefined],
      [{ checkedIn: true, hasTicket: false, scanned: true }, undefined],
    ] as const
    for (const [attendance, code] of cases) {
      const somebody = person()
      attendances.set(somebody.id, attendance)
      expect((await story.ask(somebody, CREATE, { input: { eventId, rating: 5 } })).code).toBe(code)
    }
  })

  it('waits for its end; its organizer, guests and strangers to the platform do not review it', async () => {
    const { id: eventId } = await event({ over: false })
    const input = { eventId, rating: 5 }
    expect(await story.refused(person(), CREATE, { input })).toMatchObject({
      code: 'CONFLICT',
      endsAt: expect.any(String),
    })
    const over = { eventId: (await event()).id, rating: 5 }
    expect((await story.ask(house.organizer, CREATE, { input: over })).code).toBe('FORBIDDEN')
    expect((await story.ask(person({ role: 'GUEST' }), CREATE, { input: over })).code).toBe('FORBIDDEN')
    expect((await story.ask(null, CREATE, { input: over })).code).toBe('UNAUTHENTICATED')
    expect((await story.ask(person(), CREATE, { input: { eventId: newId(), rating: 5 } })).code).toBe(
      'NOT_FOUND',
    )
    for (const rating of [0, 6])
      expect(await story.refused(person(), CREATE, { input: { ...over, rating } })).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.rating', message: 'must be from 1 to 5' }],
      })
    const draft = await house.createEvent({ roomId: null })
    expect((await story.ask(person(), CREATE, { input: { eventId: draft.id, rating: 5 } })).code).toBe(
      'NOT_FOUND',
    )
  })
})

describe('reviews of an event', () => {
  it('are listed the newest first or by stars, page by page, and their organizer sees how they came in', async () => {
    const { id } = await event()
    const stars = [3, 5, 1, 5, 4]
    for (const rating of stars) await write(person(), id, rating, `${rating} stars`)
    const read = async (variables: object) => {
      const { reviews } = await story.does(null, LIST, { id, ...variables })
      return { ...reviews, stars: reviews.edges.map(({ node }: Loose) => node.rating) }
    }
    expect((await read({})).stars).toEqual(stars.toReversed())
    expect((await read({ orderBy: 'RATING_DESC' })).stars).toEqual([5, 5, 4, 3, 1])
    const first = await read({ orderBy: 'RATING_ASC', first: 2 })
    expect(first).toMatchObject({ stars: [1, 3], totalCount: 5, pageInfo: { hasNextPage: true } })
    const rest = { orderBy: 'RATING_ASC', after: first.pageInfo.endCursor }
    expect((await read(rest)).stars).toEqual([4, 5, 5])
    expect(await read({ rating: 5 })).toMatchObject({ stars: [5, 5], totalCount: 2 })
    expect((await story.ask(null, LIST, { id, after: rest.after })).code).toBe('BAD_USER_INPUT')

    const ANALYTICS = `query($id: ID!) { event(id: $id) { rating { count mean }
      reviewAnalytics { published answered hidden meanSecondsToAnswer days { day count mean meanSoFar } } } }`
    await story.sql(
      `UPDATE reviews SET created_at = '2026-03-01T18:00:00Z' WHERE event_id = $1::uuid AND rating < 5`,
      id,
    )
    await story.sql(
      `UPDATE reviews SET created_at = '2026-03-03T10:00:00Z' WHERE event_id = $1::uuid AND rating = 5`,
      id,
    )
    const { rating, reviewAnalytics } = await story.does(house.organizer, ANALYTICS, { id })
    expect(rating).toEqual({ count: 5, mean: 3.6 })
    expect(reviewAnalytics).toEqual({
      published: 5,
      answered: 0,
      hidden: 0,
      meanSecondsToAnswer: null,
      days: [
        { day: '2026-03-02', count: 3, mean: expect.closeTo(8 / 3), meanSoFar: expect.closeTo(8 / 3) }, // in Jakarta
        { day: '2026-03-03', count: 2, mean: 5, meanSoFar: 3.6 },
      ],
    })
    for (const other of [null, person(), person({ role: 'ORGANIZER' })])
      expect((await story.does(other, ANALYTICS, { id })).reviewAnalytics).toBeNull()
  })

  it('add up for their organizer', async () => {
    const organizer = person({ role: 'ORGANIZER' })
    await write(person(), (await event({ by: organizer })).id, 2)
    const { id } = await event({ by: organizer })
    for (const rating of [5, 5]) await write(person(), id, rating)
    const ENTITY = `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Organizer { rating { count mean distribution } } } }`
    const representations = [organizer.id, newId()].map((of) => ({ __typename: 'Organizer', id: of }))
    expect(await story.does(null, ENTITY, { representations })).toEqual([
      { rating: { count: 3, mean: 4, distribution: [0, 1, 0, 0, 2] } },
      { rating: { count: 0, mean: null, distribution: [0, 0, 0, 0, 0] } },
    ])
  })

  it('are answered by the organizer, whose author is told once', async () => {
    const [siti, { id: eventId }] = [person(), await event()]
    const { id } = await write(siti, eventId)
    for (const other of [person({ role: 'ORGANIZER' }), siti])
      expect((await story.ask(other, ANSWER, { id, text: 'Thank you!' })).code).toBe('FORBIDDEN')
    const answered = await story.does(house.organizer, ANSWER, { id, text: 'Thank you!' })
    expect(answered).toMatchObject({
      answer: 'Thank you!',
      answeredAt: expect.any(String),
      answerEditedAt: null,
    })
    const changed = await story.does(house.organizer, ANSWER, { id, text: 'Thank you, Siti!' })
    expect(changed).toMatchObject({ answeredAt: answered.answeredAt, answerEditedAt: expect.any(String) })
    expect(await outbox('event.review-answered', id)).toMatchObject([
      { payload: { reviewId: id, eventId, authorId: siti.id, answer: 'Thank you!' } },
    ])
    expect(await story.does(house.organizer, ANSWER, { id })).toMatchObject({
      answer: null,
      answeredAt: null,
    })
  })

  it('are hidden with a reason, which only the author and admins see, and can be shown again', async () => {
    const [siti, { id: eventId }] = [person(), await event()]
    const { id } = await write(siti, eventId, 1, 'They are thieves.')
    const hide = { decision: 'REJECTED', message: 'Accusations do not belong here.' }
    expect((await story.ask(house.organizer, MODERATE, { id, input: hide })).code).toBe('FORBIDDEN')
    expect(await story.refused(house.admin, MODERATE, { id, input: { decision: 'REJECTED' } })).toMatchObject(
      {
        fields: [{ path: 'input.message' }],
      },
    )
    const hidden = await story.does(house.admin, MODERATE, { id, input: hide })
    expect(hidden).toMatchObject({
      status: 'HIDDEN',
      hiddenMessage: hide.message,
      moderations: [{ ...hide, moderator: { id: house.admin.id } }],
    })
    expect((await ratingOf(eventId)).count).toBe(0)
    expect((await story.does(null, LIST, { id: eventId })).reviews.totalCount).toBe(0)
    expect(await story.does(house.organizer, GET, { id })).toBeNull()
    expect(await story.does(siti, GET, { id })).toMatchObject({ hiddenMessage: hide.message })
    expect((await story.ask(siti, LIST, { id: eventId, status: 'HIDDEN' })).code).toBe('FORBIDDEN')
    expect((await story.does(house.admin, LIST, { id: eventId, status: 'HIDDEN' })).reviews.totalCount).toBe(
      1,
    )
    expect((await story.ask(house.admin, MODERATE, { id, input: hide })).code).toBe('CONFLICT')

    await story.does(siti, UPDATE, { input: { id, comment: 'Too expensive.' } })
    expect(await story.does(siti, GET, { id })).toMatchObject({ status: 'HIDDEN' })
    const shown = await story.does(house.admin, MODERATE, { id, input: { decision: 'APPROVED' } })
    expect(shown).toMatchObject({
      status: 'PUBLISHED',
      hiddenMessage: null,
      moderations: [{ decision: 'APPROVED' }, hide],
    })
    expect((await ratingOf(eventId)).count).toBe(1)
    expect((await outbox('event.review-moderated', id)).map(({ payload }) => payload)).toMatchObject([
      { reviewId: id, authorId: siti.id, moderatorId: house.admin.id, ...hide },
      { decision: 'APPROVED', message: null },
    ])
  })

  it('that are hidden keep their place when their author removes them', async () => {
    const [siti, { id: eventId }] = [person(), await event()]
    const { id } = await write(siti, eventId, 1, 'Spam.')
    await story.does(house.admin, MODERATE, { id, input: { decision: 'REJECTED', message: 'Spam.' } })
    await story.does(siti, DELETE, { id })
    expect(await story.does(siti, GET, { id })).toMatchObject({ status: 'HIDDEN', comment: null })
    expect((await story.ask(siti, CREATE, { input: { eventId, rating: 1 } })).code).toBe('CONFLICT')
  })

  it('are reported once by each person, and not without end', async () => {
    const [siti, budi, { id: eventId }] = [person(), person(), await event()]
    const { id } = await write(siti, eventId)
    await story.does(budi, REPORT, { id, reason: 'This is an advertisement.' })
    expect((await story.ask(budi, REPORT, { id, reason: 'Again.' })).code).toBe('CONFLICT')
    expect((await story.ask(siti, REPORT, { id, reason: 'Mine.' })).code).toBe('FORBIDDEN')
    expect((await story.ask(budi, REPORT, { id: newId(), reason: 'Nothing.' })).code).toBe('NOT_FOUND')
    expect((await story.ask(budi, REPORT, { id, reason: ' ' })).code).toBe('BAD_USER_INPUT')
    expect(await outbox('event.review-reported', id)).toMatchObject([
      { payload: { reviewId: id, reporterId: budi.id, reason: 'This is an advertisement.' } },
    ])
    for (let count = 1; count < 20; count += 1)
      await story.does(budi, REPORT, { id: (await write(person(), eventId)).id, reason: 'Spam.' })
    const next = await write(person(), eventId)
    expect(await story.refused(budi, REPORT, { id: next.id, reason: 'Spam.' })).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    })
  })

  it('are told to the organizer once a day at most, all events together', async () => {
    const organizer = person({ role: 'ORGANIZER' })
    const [one, other] = [await event({ by: organizer }), await event({ by: organizer })]
    await write(person(), one.id)
    await write(person(), one.id)
    await write(person(), other.id)
    await Promise.all([tellOfReviews(story.subgraph.deps), tellOfReviews(story.subgraph.deps)])
    const told = () => outbox('event.reviews-received', organizer.id)
    expect(await told()).toMatchObject([
      {
        payload: {
          organizerId: organizer.id,
          reviews: 3,
          events: [
            { eventId: one.id, title: one.title, reviews: 2 },
            { eventId: other.id, reviews: 1 },
          ],
        },
      },
    ])
    await write(person(), other.id)
    await tellOfReviews(story.subgraph.deps)
    expect(await told()).toHaveLength(1)
    await story.sql(
      `UPDATE review_digests SET told_at = now() - interval '25 h' WHERE organizer_id = $1::uuid`,
      organizer.id,
    )
    await tellOfReviews(story.subgraph.deps)
    expect((await told())[1]).toMatchObject({ payload: { reviews: 1 } })
  })

  it('of an erased account keep their stars, without a name or a word', async () => {
    const [siti, { id: eventId }] = [person(), await event()]
    const { id } = await write(siti, eventId, 2, 'My name is Siti.')
    await story.does(house.organizer, ANSWER, { id, text: 'Dear Siti' })
    const { personalDataOfEvents } = (
      await story.ask(null, 'query($id: ID!) { personalDataOfEvents(userId: $id) }', { id: siti.id }, 'user')
    ).data
    expect(JSON.parse(personalDataOfEvents).reviews).toMatchObject([{ id, comment: 'My name is Siti.' }])
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: siti.id,
      payload: { userId: siti.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
    expect(await story.does(null, GET, { id })).toMatchObject({
      rating: 2,
      author: null,
      comment: null,
      answer: null,
    })
    expect((await ratingOf(eventId)).mean).toBe(2)
    expect((await story.ask(house.organizer, ANSWER, { id, text: 'Hello?' })).code).toBe('CONFLICT')
  })
})

describe('what admins decided on an event', () => {
  it('is remembered for its organizer and admins: what, why, by whom and when', async () => {
    const HISTORY = `query($id: ID!) { event(id: $id) { reviewHistory { totalCount edges { node { outcome ofChanges message decidedAt reviewer { id } } } } } }`
    const { id } = await house.createEvent({ roomId: null })
    await story.does(house.admin, REVIEW_EVENT, {
      id,
      input: { decision: 'REJECTED', message: 'Which singer?' },
    })
    await story.does(house.organizer, `mutation($id: ID!) { submitEvent(id: $id) { id } }`, { id })
    await house.approve(id)
    await story.does(
      house.organizer,
      `mutation($input: UpdateEventInput!) { updateEvent(input: $input) { id } }`,
      {
        input: { id, startsAt: inHours(50), endsAt: inHours(52) },
      },
    )
    await story.does(house.admin, REVIEW_EVENT, { id, input: { decision: 'REJECTED', message: 'Too late.' } })
    const reviewer = { id: house.admin.id }
    for (const viewer of [house.organizer, house.admin])
      expect((await story.does(viewer, HISTORY, { id })).reviewHistory).toMatchObject({
        totalCount: 3,
        edges: [
          { node: { outcome: 'REJECTED', ofChanges: true, message: 'Too late.', reviewer } },
          { node: { outcome: 'APPROVED', ofChanges: false, message: null, reviewer } },
          {
            node: {
              outcome: 'REJECTED',
              ofChanges: false,
              message: 'Which singer?',
              reviewer,
              decidedAt: expect.any(String),
            },
          },
        ],
      })
    expect((await story.does(person(), HISTORY, { id })).reviewHistory).toBeNull()
  })
})

const codes = (outcomes: PromiseSettledResult<{ code: string | undefined }>[]) =>
  outcomes
    .map((one) => (one.status === 'fulfilled' ? (one.value.code ?? 'OK') : String(one.reason)))
    .toSorted()

describe('at once', () => {
  const oneSendsTen = async () => {
    const [siti, { id: eventId }] = [person(), await event()]
    const outcomes = await parallel(10, () => story.ask(siti, CREATE, { input: { eventId, rating: 5 } }))
    return { codes: codes(outcomes), rating: await ratingOf(eventId) }
  }

  it('somebody reviews an event ten times when the constraint reviews_one_per_person is dropped', async () => {
    await story.sql('ALTER TABLE reviews DROP CONSTRAINT reviews_one_per_person')
    const { rating } = await oneSendsTen()
    expect(rating.count).toBeGreaterThan(1)
    await story.sql(
      `DELETE FROM reviews r USING reviews o WHERE o.event_id = r.event_id AND o.author_id = r.author_id AND o.id < r.id`,
    )
    await story.sql('ALTER TABLE reviews ADD CONSTRAINT reviews_one_per_person UNIQUE (event_id, author_id)')
  })

  it('somebody reviews an event once with it', async () => {
    const { codes, rating } = await oneSendsTen()
    expect(codes).toEqual([...Array(9).fill('CONFLICT'), 'OK'])
    expect(rating.count).toBe(1)
  })

  const twentyReview = async () => {
    const { id: eventId } = await event()
    await write(person(), eventId, 1)
    const outcomes = await parallel(20, async () => {
      const somebody = person()
      const { id } = await write(somebody, eventId, 5)
      await story.does(somebody, UPDATE, { input: { id, rating: 3 } })
      return { code: undefined }
    })
    expect(codes(outcomes)).toEqual(Array(20).fill('OK'))
    return ratingOf(eventId)
  }

  it('stars are lost when the trigger reviews_count_stars writes what it has read', async () => {
    const [{ original }] = (await story.sql(
      `SELECT pg_get_functiondef('reviews_count_stars'::regproc) AS original`,
    )) as [Loose]
    await story.sql(`CREATE OR REPLACE FUNCTION reviews_count_stars() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE known event_ratings;
      BEGIN
        IF TG_OP = 'INSERT' THEN INSERT INTO event_ratings (event_id) VALUES (NEW.event_id) ON CONFLICT DO NOTHING; END IF;
        SELECT * INTO known FROM event_ratings WHERE event_id = NEW.event_id;
        PERFORM pg_sleep(0.01);
        IF TG_OP = 'INSERT' THEN UPDATE event_ratings SET fives = known.fives + (NEW.rating = 5)::int, ones = known.ones + (NEW.rating = 1)::int WHERE event_id = NEW.event_id;
        ELSE UPDATE event_ratings SET threes = known.threes + 1 WHERE event_id = NEW.event_id; END IF;
        RETURN NULL;
      END $$`)
    expect((await twentyReview()).distribution[2]).toBeLessThan(20)
    await story.sql(original)
  })

  it('none is lost as it adds to what the row has by then', async () => {
    expect(await twentyReview()).toEqual({
      count: 21,
      mean: expect.closeTo(61 / 21),
      distribution: [1, 0, 20, 0, 0],
    })
  })

  const tenHide = async () => {
    const { id: eventId } = await event()
    const { id } = await write(person(), eventId)
    const input = { decision: 'REJECTED', message: 'No.' }
    const outcomes = await parallel(10, () => story.ask(house.admin, MODERATE, { id, input }))
    return { codes: codes(outcomes), told: (await outbox('event.review-moderated', id)).length }
  }

  it("ten admins hide one review, and its author is told ten times, without the UPDATE's condition on the status", async () => {
    const guard = ['AND status <> ', "AND status IS DISTINCT FROM NULL AND '' <> "] as const
    expect((await withMutant(story.subgraph.deps, guard, tenHide)).told).toBe(10)
  })

  it('one of ten admins hides a review with it', async () => {
    expect(await tenHide()).toEqual({ codes: [...Array(9).fill('CONFLICT'), 'OK'], told: 1 })
  })
})
