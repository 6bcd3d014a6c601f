import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { person, scanner } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { checkIn, createDevice, eventWithTicket, issue } from './doors.ts'
import { expectBooksToBalance, pileUp, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const TRANSFER = `mutation ($id: ID!, $email: String!) { transferTicket(id: $id, email: $email) { id status owner { id } } }`
const TICKETS = '{ myTickets { edges { node { id code status } } } }'

const transfer = (story: Story, viewer: Viewer | null, id: string, email: string) =>
  story.ask(viewer, TRANSFER, { id, email })

/** Somebody who has an account, and their address. */
function friendOf(story: Story) {
  const friend = person()
  const email = `${friend.id}@karcis.test`
  story.neighbours.users.set(email, friend.id)
  return { friend, email }
}

const ticketsOf = async (
  story: Story,
  viewer: Viewer,
): Promise<{ id: string; code: string; status: string }[]> =>
  (await story.mustAsk(viewer, TICKETS)).myTickets.edges.map(({ node }: { node: unknown }) => node)

const statusesOf = async (story: Story, bookingId: string): Promise<string[]> =>
  (await story.sql(`SELECT status FROM tickets WHERE booking_id = '${bookingId}' ORDER BY status`)).map(
    ({ status }) => status,
  )

describe('a ticket that is handed on', () => {
  it('is a new one with a code of its own, the old code admits nobody, and both are told', async () => {
    await using story = await startStory()
    const { eventId, buyer, bookingId, ticket } = await eventWithTicket(story)
    const { friend, email } = friendOf(story)
    const { data } = await transfer(story, buyer, ticket.id.toUpperCase(), ` ${email.toUpperCase()}`)
    expect(data.transferTicket).toEqual({ id: ticket.id, status: 'TRANSFERRED', owner: { id: buyer.id } })
    const [theirs] = await ticketsOf(story, friend)
    expect(theirs).toMatchObject({ status: 'VALID' })
    expect(theirs?.id).not.toBe(ticket.id)
    expect(await ticketsOf(story, buyer)).toEqual([{ ...ticket, status: 'TRANSFERRED' }])
    const scan = (code: string) => checkIn(story, story.organizer, { code, eventId })
    expect((await scan(ticket.code)).facts.reason).toBe('TRANSFERRED')
    expect((await scan(theirs?.code ?? '')).data.checkIn).toMatchObject({
      status: 'USED',
      owner: { id: friend.id },
    })
    const told = await story.sql(`SELECT consumer, payload FROM kit.outbox WHERE type = 'ticket.transferred'`)
    const payload = {
      ticketId: ticket.id,
      newTicketId: theirs?.id,
      eventId,
      fromUserId: buyer.id,
      toUserId: friend.id,
    }
    expect(told).toEqual([{ consumer: 'user', payload }])
    // Whoever asks again what the booking became is told what its places are now.
    expect((await story.booking.issue(bookingId)).data.issueTickets.ticketIds).toEqual([theirs?.id])
    await expectBooksToBalance(story)
  })

  it('was its own, of a person who has an account', async () => {
    await using story = await startStory()
    const { buyer, ticket } = await eventWithTicket(story)
    const { friend, email } = friendOf(story)
    story.neighbours.users.set('own@karcis.test', buyer.id)
    for (const viewer of [friend, story.organizer, story.admin])
      expect((await transfer(story, viewer, ticket.id, email)).code).toBe('FORBIDDEN')
    expect((await transfer(story, null, ticket.id, email)).code).toBe('UNAUTHENTICATED')
    expect((await transfer(story, buyer, newId(), email)).code).toBe('NOT_FOUND')
    expect((await transfer(story, buyer, ticket.id, 'own@karcis.test')).code).toBe('BAD_USER_INPUT')
    expect((await transfer(story, buyer, ticket.id, 'nobody')).code).toBe('BAD_USER_INPUT')
    // Nobody finds out by trying who has an account.
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => transfer(story, buyer, ticket.id, `nobody.${at}@karcis.test`)),
    )
    const codes = answers.map(({ code }) => code).toSorted()
    expect(codes).toEqual([...Array(10).fill('BAD_USER_INPUT'), ...Array(2).fill('RATE_LIMITED')])
    expect((await transfer(story, buyer, ticket.id, email)).code).toBe('RATE_LIMITED')
  })

  it('admits, and its new owner has not had as many as one person may', async () => {
    await using story = await startStory()
    const eventId = await story.event()
    const typeId = await story.ticketType(eventId, { maxPerUser: 1 })
    const [first, second, used, frozen] = await Promise.all([1, 2, 3, 4].map(() => issue(story, typeId)))
    const { email } = friendOf(story)
    const give = ({ buyer, ticket }: typeof first & object) => transfer(story, buyer, ticket.id, email)
    await checkIn(story, story.organizer, { code: used?.ticket.code, eventId })
    expect((await give(used as never)).code).toBe('ALREADY_CHECKED_IN')
    await story.sql(`UPDATE tickets SET frozen = true WHERE id = '${frozen?.ticket.id}'`)
    expect((await give(frozen as never)).facts.reason).toBe('FROZEN')
    expect((await give(first as never)).code).toBeUndefined()
    expect((await give(first as never)).facts.reason).toBe('TRANSFERRED')
    expect((await give(second as never)).code).toBe('LIMIT_EXCEEDED')
    expect(await statusesOf(story, second?.bookingId ?? '')).toEqual(['VALID'])
    await expectBooksToBalance(story)
  })
})

describe('at the same moment', () => {
  const LOCK = (id: string) => `SELECT FROM tickets WHERE id = '${id}' FOR UPDATE`

  it('two are handed the same ticket, and one has it', async () => {
    await using story = await startStory()
    const { buyer, bookingId, ticket } = await eventWithTicket(story)
    const friends = [friendOf(story), friendOf(story)]
    const answers = await pileUp(
      story,
      LOCK(ticket.id),
      ...friends.map(({ email }, at) => ({
        start: () => transfer(story, buyer, ticket.id, email),
        waiting: at + 1,
      })),
    )
    expect(answers.map(({ facts, code }) => code && facts.reason)).toEqual([undefined, 'TRANSFERRED'])
    expect(await statusesOf(story, bookingId)).toEqual(['TRANSFERRED', 'VALID'])
    await expectBooksToBalance(story)
  })

  /** Somebody is let in, and commits once the transfer waits for it. */
  async function usedMeanwhile(story: Story) {
    const { eventId, buyer, bookingId, ticket } = await eventWithTicket(story)
    const { email } = friendOf(story)
    const [, handed] = await pileUp(
      story,
      LOCK(ticket.id),
      { start: () => checkIn(story, story.organizer, { code: ticket.code, eventId }), waiting: 1 },
      { start: () => transfer(story, buyer, ticket.id, email), waiting: 2 },
    )
    return { code: handed?.code, statuses: await statusesOf(story, bookingId) }
  }

  it("a ticket is used and handed on: without the guard (status = 'VALID') both", async () => {
    await using story = await startStory()
    const guard = takeOutGuard(
      story.deps,
      " AND status = 'VALID' AND NOT frozen\n      RETURNING",
      '\n      RETURNING',
    )
    expect(await usedMeanwhile(story)).toEqual({ code: undefined, statuses: ['TRANSFERRED', 'USED'] })
    expect(guard.count).toBe(1)
  })

  it('a ticket is used and handed on: only the first', async () => {
    await using story = await startStory()
    expect(await usedMeanwhile(story)).toEqual({ code: 'ALREADY_CHECKED_IN', statuses: ['USED'] })
  })

  it('a ticket is handed on and its booking refunded: the new one is refunded too', async () => {
    await using story = await startStory()
    const { buyer, bookingId, ticket } = await eventWithTicket(story)
    const { email } = friendOf(story)
    await pileUp<unknown>(
      story,
      LOCK(ticket.id),
      { start: () => transfer(story, buyer, ticket.id, email), waiting: 1 },
      { start: () => story.booking.cancel(bookingId), waiting: 2 },
    )
    expect(await statusesOf(story, bookingId)).toEqual(['REFUNDED', 'TRANSFERRED'])
    const other = await eventWithTicket(story)
    await pileUp<unknown>(
      story,
      LOCK(other.ticket.id),
      { start: () => story.booking.cancel(other.bookingId), waiting: 1 },
      { start: () => transfer(story, other.buyer, other.ticket.id, email), waiting: 2 },
    )
    expect(await statusesOf(story, other.bookingId)).toEqual(['REFUNDED'])
    await expectBooksToBalance(story)
  })
})

describe('who comes with a ticket', () => {
  it('is said by its owner or organizer, shown at the door by name, and forgotten with the account', async () => {
    await using story = await startStory()
    const { eventId, buyer, ticket } = await eventWithTicket(story)
    const SET = `mutation ($input: SetAttendeeInput!) {
      setAttendee(input: $input) { attendee { name answers { question answer } } } }`
    const set = (viewer: Viewer, input: object) =>
      story.ask(viewer, SET, { input: { ticketId: ticket.id, ...input } })
    const answers = [{ question: 'What do you eat?', answer: 'No nuts.' }]
    expect((await set(buyer, { name: ' Sari ', answers })).data.setAttendee.attendee).toEqual({
      name: 'Sari',
      answers,
    })
    expect((await set(story.organizer, { name: 'Dewi' })).data.setAttendee.attendee).toEqual({
      name: 'Dewi',
      answers,
    })
    expect((await set(person(), { name: 'X' })).code).toBe('FORBIDDEN')
    expect((await set(buyer, { name: '' })).code).toBe('BAD_USER_INPUT')
    const { id } = (await createDevice(story, eventId)).data.createDoorDevice
    const scanned = await story.ask(
      scanner(id),
      'mutation ($input: CheckInInput!) { checkIn(input: $input) { attendee { name answers { answer } } } }',
      { input: { code: ticket.code, eventId } },
    )
    expect(scanned.data.checkIn.attendee).toEqual({ name: 'Dewi', answers: [] })
    expect((await set(buyer, { name: 'Late' })).code).toBe('CONFLICT')
    await tell(story.subgraph, 'user', {
      type: 'user.rights-changed',
      aggregateId: buyer.id,
      payload: { userId: buyer.id, role: 'CUSTOMER', suspended: false, erased: true },
    })
    const ask = 'query ($id: ID!) { ticket(id: $id) { attendee { name } } }'
    expect((await story.mustAsk(story.admin, ask, { id: ticket.id })).ticket.attendee).toBeNull()
  })
})
