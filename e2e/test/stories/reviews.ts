import { eventually } from '@karcis/testkit/eventually'
import { expect } from 'vitest'
import {
  approvedEvent,
  createBooking,
  endEvent,
  pay,
  type Person,
  signInAdmin,
  signUp,
  signUpOrganizer,
  ticketType,
} from '../builders.ts'
import type { Karcis } from '../karcis.ts'

const CREATE = 'mutation ($input: CreateReviewInput!) { createReview(input: $input) { id author { name } } }'
const EVENT = `query ($id: ID!) { event(id: $id) {
  rating { count mean distribution }
  reviews { totalCount edges { node { rating comment author { name } answer } } }
  organizer { name organizerProfile { slug name rating { count mean } followerCount } } } }`
const TOLD = '{ notifications(first: 20) { edges { node { kind paragraphs event { id } } } } }'

/** What somebody was told of this kind, once they are. */
const toldOf = (karcis: Karcis, { token }: Pick<Person, 'token'>, kind: string) =>
  eventually(async () => {
    const { notifications } = await karcis.run(TOLD, {}, token)
    const found = notifications.edges.find(({ node }: { node: { kind: string } }) => node.kind === kind)
    if (!found) throw new Error(`nobody has told of ${kind}`)
    return found.node
  })

/** Who came in says how it was, the organizer answers, somebody reports it, an admin hides it, and each is told. */
export async function reviewStory(karcis: Karcis): Promise<void> {
  const admin = await signInAdmin(karcis)
  const organizer = await signUpOrganizer(karcis, admin, 'Nina')
  const eventId = await approvedEvent(karcis, admin, organizer)
  const typeId = await ticketType(karcis, organizer, eventId, { name: 'Standing', price: 1_000, quota: 10 })
  const [budi, sari] = [await signUp(karcis, 'Budi'), await signUp(karcis, 'Sari')]
  const ticketOf = async (buyer: Person) => {
    const { createBooking: booking } = await createBooking(karcis, buyer, {
      ticketTypeId: typeId,
      quantity: 1,
    })
    return (await pay(karcis, buyer, booking.id)).confirmPayment.tickets[0]
  }
  const [ticket] = [await ticketOf(budi), await ticketOf(sari)]
  await karcis.run(
    'mutation ($input: CheckInInput!) { checkIn(input: $input) { id } }',
    { input: { code: ticket.code, eventId } },
    organizer.token,
  )
  const words = { eventId, rating: 2, comment: 'The band was late.' }
  const early = await karcis.attempt(CREATE, { input: words }, budi.token)
  expect(early.errors?.[0]?.extensions?.code).toBe('CONFLICT')
  await endEvent(karcis, eventId)

  // Sari had a ticket, but tickets were scanned that night, and hers was not.
  const absent = await karcis.attempt(CREATE, { input: words }, sari.token)
  expect(absent.errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
  const { createReview: review } = await karcis.run(CREATE, { input: words }, budi.token)
  expect(review.author.name).toBe('Budi')

  const ANSWER = 'mutation ($id: ID!, $text: String) { answerReview(id: $id, text: $text) { answer } }'
  await karcis.run(ANSWER, { id: review.id, text: 'So was the rain.' }, organizer.token)
  expect((await karcis.run(EVENT, { id: eventId })).event).toEqual({
    rating: { count: 1, mean: 2, distribution: [0, 1, 0, 0, 0] },
    reviews: {
      totalCount: 1,
      edges: [
        { node: { rating: 2, comment: words.comment, author: { name: 'Budi' }, answer: 'So was the rain.' } },
      ],
    },
    organizer: {
      name: 'Nina',
      organizerProfile: {
        slug: 'nina-presents',
        name: 'Nina Presents',
        rating: { count: 1, mean: 2 },
        followerCount: 0,
      },
    },
  })
  expect(await toldOf(karcis, budi, 'REVIEW_ANSWERED')).toMatchObject({
    event: { id: eventId },
  })

  const REPORT = 'mutation ($id: ID!, $reason: String!) { reportReview(id: $id, reason: $reason) { id } }'
  await karcis.run(REPORT, { id: review.id, reason: 'Never happened.' }, sari.token)
  const OPEN = `{ contentReports(filter: { status: OPEN }) { edges { node {
    kind reason reportCount reporter { name } review { comment author { name } event { title } } } } } }`
  await eventually(async () => {
    const { contentReports } = await karcis.run(OPEN, {}, admin)
    expect(contentReports.edges).toMatchObject([
      {
        node: {
          kind: 'REVIEW',
          reason: 'Never happened.',
          reportCount: 1,
          reporter: { name: 'Sari' },
          review: { comment: words.comment, author: { name: 'Budi' }, event: { title: expect.any(String) } },
        },
      },
    ])
  })
  await karcis.run(
    `mutation ($id: ID!) { moderateReview(id: $id, input: { decision: REJECTED, message: "Off topic." }) { status } }`,
    { id: review.id },
    admin,
  )
  const hidden = (await karcis.run(EVENT, { id: eventId })).event
  expect(hidden).toMatchObject({ rating: { count: 0, mean: null }, reviews: { totalCount: 0 } })
  expect(await toldOf(karcis, budi, 'REVIEW_MODERATED')).toMatchObject({
    paragraphs: [expect.anything(), 'Off topic.'],
  })
  expect(await toldOf(karcis, sari, 'REPORT_DECIDED')).toMatchObject({ event: null })
  expect((await karcis.run(OPEN, {}, admin)).contentReports.edges).toEqual([])
}
