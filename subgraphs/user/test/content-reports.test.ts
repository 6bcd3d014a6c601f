import { newId } from '@karcis/kit/ids'
import { tell } from '@karcis/testkit/ask'
import { eventually } from '@karcis/testkit/eventually'
import { withMutant } from '@karcis/testkit/mutants'
import { parallel } from '@karcis/testkit/parallel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, type Person, type Story, startStory } from './stories.ts'

let story: Story
let admin: Person
let [siti, budi]: Person[] = []
beforeAll(async () => {
  story = await startStory()
  admin = await story.admin()
  ;[siti, budi] = [await story.signUp(), await story.signUp()]
})
afterAll(() => story[Symbol.asyncDispose]())

const REPORT = `mutation ($input: ReportContentInput!) { reportContent(input: $input) {
  id kind subjectId reason status message reporter { id } decidedBy { id } reportCount } }`
const DECIDE = `mutation ($id: ID!, $input: DecideReportInput!) { decideReport(id: $id, input: $input) {
  id status message decidedAt decidedBy { id } reportCount } }`
const LIST = `query ($filter: ContentReportFilter, $first: Int, $after: String) { contentReports(filter: $filter, first: $first, after: $after) {
  totalCount pageInfo { endCursor } edges { node { id kind status reason event { id } review { id } organizer { id } reporter { id } reportCount } } } }`

const report = async (by: Person | undefined, input: object) => {
  const { data, errors } =
    (await by?.ask(REPORT, { input: { reason: 'Not as it should be.', ...input } })) ?? {}
  expect(errors).toEqual([])
  return data.reportContent
}
const open = async (subjectId: string) =>
  (await admin.ask(LIST, { filter: { subjectId, status: 'OPEN' } })).data.contentReports
/** What somebody was told of these kinds, newest first, once everything due is. */
const toldTo = async ({ ask }: Person, ...kinds: string[]) => {
  await eventually(async () =>
    expect(await story.sql('SELECT kind FROM announcements WHERE done_at IS NULL')).toEqual([]),
  )
  const { data } = await ask('{ notifications(first: 50) { edges { node { kind subject paragraphs } } } }')
  return data.notifications.edges
    .map(({ node }: { node: { kind: string } }) => node)
    .filter(({ kind }: { kind: string }) => kinds.includes(kind))
}

describe('something that is published', () => {
  it('is reported once by each person, who sees no more of it than what they have said', async () => {
    const id = newId()
    const made = await report(siti, { kind: 'EVENT', id: id.toUpperCase(), reason: ' A fake. ' })
    expect(made).toMatchObject({
      kind: 'EVENT',
      subjectId: id,
      reason: 'A fake.',
      status: 'OPEN',
      reporter: { id: siti?.id },
      reportCount: null,
    })
    const again = await siti?.ask(REPORT, { input: { kind: 'EVENT', id, reason: 'Still.' } })
    expect(again?.code).toBe('CONFLICT')
    await report(budi, { kind: 'EVENT', id })
    expect(await open(id)).toMatchObject({
      totalCount: 2,
      edges: [{ node: { event: { id }, reportCount: 2 } }, {}],
    })
    expect((await siti?.ask(LIST))?.code).toBe('FORBIDDEN')
    expect((await story.anybody(REPORT, { input: { kind: 'EVENT', id, reason: 'x' } })).code).toBe(
      'UNAUTHENTICATED',
    )
    const guest = await story.guest('tamu@karcis.test')
    expect((await guest.ask(REPORT, { input: { kind: 'EVENT', id, reason: 'x' } })).code).toBe('FORBIDDEN')
  })

  it('must be there, and not be their own', async () => {
    const hidden = newId()
    story.neighbours.hidden.add(hidden)
    const own = newId()
    story.neighbours.reviews.set(own, siti?.id ?? '')
    const cases = [
      [{ kind: 'EVENT', id: hidden }, 'NOT_FOUND'],
      [{ kind: 'REVIEW', id: newId() }, 'NOT_FOUND'],
      [{ kind: 'REVIEW', id: own }, 'FORBIDDEN'],
      [{ kind: 'ORGANIZER', id: budi?.id }, 'NOT_FOUND'],
      [{ kind: 'ORGANIZER', id: siti?.id }, 'FORBIDDEN'],
      [{ kind: 'EVENT', id: 'no id' }, 'BAD_USER_INPUT'],
    ] as const
    for (const [input, code] of cases)
      expect((await siti?.ask(REPORT, { input: { reason: 'Why?', ...input } }))?.code).toBe(code)
    await story.sql(`UPDATE users SET role = 'ORGANIZER' WHERE id = '${budi?.id}'`)
    const organizer = await story.comeBack(budi?.email ?? '')
    await organizer.ask('mutation { updateOrganizerProfile(input: { name: "Budi" }) { id } }')
    await report(siti, { kind: 'ORGANIZER', id: budi?.id })
    expect((await open(budi?.id ?? '')).edges).toMatchObject([{ node: { organizer: { id: budi?.id } } }])
  })

  it('is decided with all that is reported of it, and those who did are told', async () => {
    const id = newId()
    story.neighbours.reviews.set(id, newId())
    const [one, other] = [await story.signUp(), await story.signUp()]
    const first = await report(one, { kind: 'REVIEW', id })
    await report(other, { kind: 'REVIEW', id })
    const input = { decision: 'DISMISSED', message: 'An opinion.' }
    expect((await one.ask(DECIDE, { id: first.id, input })).code).toBe('FORBIDDEN')
    const { data } = await admin.ask(DECIDE, { id: first.id, input })
    expect(data.decideReport).toMatchObject({
      status: 'DISMISSED',
      message: 'An opinion.',
      decidedBy: { id: admin.id },
      decidedAt: expect.any(String),
      reportCount: 2,
    })
    expect((await open(id)).totalCount).toBe(0)
    for (const person of [one, other])
      expect(await toldTo(person, 'REPORT_DECIDED')).toMatchObject([
        { paragraphs: [expect.stringContaining('does not break our rules'), 'An opinion.'] },
      ])
    expect((await admin.ask(DECIDE, { id: first.id, input })).code).toBe('CONFLICT')
    expect((await admin.ask(DECIDE, { id: newId(), input })).code).toBe('NOT_FOUND')
    const log = await admin.ask(
      '{ auditLog(filter: { action: "decideReport" }) { edges { node { actor { id } } } } }',
    )
    expect(log.data.auditLog.edges[0]).toEqual({ node: { actor: { id: admin.id } } })
  })

  it('is known to the admins, once a day', async () => {
    await report(siti, { kind: 'EVENT', id: newId() })
    await report(budi, { kind: 'EVENT', id: newId() })
    expect(await toldTo(admin, 'SYSTEM_CONTENT_REPORTED')).toHaveLength(1)
  })

  it('is reported so often by one person within an hour, and not more', async () => {
    const person = await story.signUp()
    for (let count = 0; count < 20; count += 1) await report(person, { kind: 'EVENT', id: newId() })
    const next = await person.ask(REPORT, { input: { kind: 'EVENT', id: newId(), reason: 'Too much.' } })
    expect(next).toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterSeconds: expect.any(Number) } })
  })

  it('stays reported when who did it is gone, without their name, and without their words once it is decided', async () => {
    const [person, id] = [await story.signUp(), newId()]
    await report(person, { kind: 'EVENT', id })
    const ERASE = 'mutation ($id: ID!, $input: DeleteUserInput) { deleteUser(id: $id, input: $input) { id } }'
    await person.ask(ERASE, { id: person.id, input: { password: PASSWORD, acknowledgeLoss: true } })
    const [{ node }] = (await open(id)).edges
    expect(node).toMatchObject({ reporter: null, reason: 'Not as it should be.', reportCount: 1 })
    await admin.ask(DECIDE, { id: node.id, input: { decision: 'ACTED' } })
    expect((await admin.ask(LIST, { filter: { subjectId: id } })).data.contentReports.edges).toMatchObject([
      { node: { status: 'ACTED', reason: '' } },
    ])
  })
})

describe('a review', () => {
  const told = (type: string, aggregateId: string, payload: object) =>
    tell(story.subgraph, 'event', { type, aggregateId, payload })

  it('that is reported by reportReview is in the same list; hidden, its reports are decided and its author is told why', async () => {
    const [reviewId, eventId] = [newId(), newId()]
    const [reporter, author] = [await story.signUp(), await story.signUp()]
    story.neighbours.reviews.set(reviewId, author.id)
    await announced(eventId)
    await told('event.review-reported', reviewId, { reviewId, reporterId: reporter.id, reason: 'Insults.' })
    await told('event.review-reported', reviewId, { reviewId, reporterId: reporter.id, reason: 'Insults.' })
    expect(await open(reviewId)).toMatchObject({
      totalCount: 1,
      edges: [{ node: { reason: 'Insults.', review: { id: reviewId }, reporter: { id: reporter.id } } }],
    })
    expect((await reporter.ask(REPORT, { input: { kind: 'REVIEW', id: reviewId, reason: 'x' } })).code).toBe(
      'CONFLICT',
    )
    const moderation = { reviewId, eventId, authorId: author.id, moderatorId: admin.id }
    await told('event.review-moderated', reviewId, {
      ...moderation,
      moderationId: newId(),
      decision: 'REJECTED',
      message: 'No insults, please.',
    })
    expect((await open(reviewId)).totalCount).toBe(0)
    expect(await toldTo(reporter, 'REPORT_DECIDED')).toHaveLength(1)
    await told('event.review-moderated', reviewId, {
      ...moderation,
      moderationId: newId(),
      decision: 'APPROVED',
      message: null,
    })
    await told('event.review-answered', reviewId, {
      reviewId,
      eventId,
      authorId: author.id,
    })
    expect(await toldTo(author, 'REVIEW_MODERATED', 'REVIEW_ANSWERED')).toMatchObject([
      { subject: 'Your review of Malam Keroncong was answered' },
      { subject: 'Your review of Malam Keroncong is shown again' },
      {
        subject: 'Your review of Malam Keroncong was hidden',
        paragraphs: [expect.anything(), 'No insults, please.'],
      },
    ])
  })

  it('is not all that organizers hear of: what became of a category that they suggested', async () => {
    const organizer = await story.signUp()
    const suggestion = { organizerId: organizer.id, name: 'Wayang Kulit' }
    for (const [decision, message] of [
      ['REJECTED', 'Too narrow.'],
      ['APPROVED', null],
    ] as const) {
      const suggestionId = newId()
      await told('event.category-suggestion-decided', suggestionId, {
        ...suggestion,
        suggestionId,
        decision,
        message,
      })
    }
    expect(await toldTo(organizer, 'CATEGORY_SUGGESTION_DECIDED')).toMatchObject([
      { subject: 'There is a category Wayang Kulit now' },
      { subject: 'Wayang Kulit does not become a category', paragraphs: [expect.anything(), 'Too narrow.'] },
    ])
  })

  it('is news to the organizer, with others of the day', async () => {
    const organizer = await story.signUp()
    const events = [{ eventId: newId(), title: 'Malam Keroncong', reviews: 3 }]
    await told('event.reviews-received', organizer.id, { organizerId: organizer.id, reviews: 3, events })
    expect(await toldTo(organizer, 'REVIEWS_RECEIVED')).toMatchObject([{ subject: 'You have 3 new reviews' }])
  })
})

/** An event of which the user subgraph knows. */
async function announced(id: string): Promise<void> {
  const startsAt = new Date(Date.now() - 7_200_000)
  const facts = { id, organizerId: newId(), title: 'Malam Keroncong', status: 'APPROVED', startsAt }
  const payload = {
    ...facts,
    endsAt: new Date(),
    currency: 'IDR',
    timezone: 'Asia/Jakarta',
    roomId: null,
    version: 1,
  }
  await tell(story.subgraph, 'event', { type: 'event.changed', aggregateId: id, payload })
}

/** Ten admins decide on one report at once. */
async function tenDecide() {
  const person = await story.signUp()
  const { id } = await report(person, { kind: 'EVENT', id: newId() })
  const outcomes = await parallel(10, async (at) =>
    admin.ask(DECIDE, { id, input: { decision: at % 2 ? 'DISMISSED' : 'ACTED', message: `By ${at}` } }),
  )
  return outcomes
    .map((one) => (one.status === 'fulfilled' ? (one.value.code ?? 'OK') : one.reason))
    .toSorted()
}

describe('ten admins who decide on one report at once', () => {
  it("all do when the UPDATE's condition status = 'OPEN' is taken out", async () => {
    const guard = ["AND r.status = 'OPEN' RETURNING", 'RETURNING'] as const
    expect(await withMutant(story.subgraph.deps, guard, tenDecide)).toEqual(Array(10).fill('OK'))
  })

  it('are one decision and nine refusals with it', async () => {
    expect(await tenDecide()).toEqual([...Array(9).fill('CONFLICT'), 'OK'])
  })
})
