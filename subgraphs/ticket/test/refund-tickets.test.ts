import { newId } from '@karcis/kit/ids'
import { untilBlocked } from '@karcis/testkit/blocked-sessions'
import { person } from '@karcis/testkit/people'
import { describe, expect, it } from 'vitest'
import { refundTickets } from '../src/domain/booking/end-tickets.ts'
import { expectBooksToBalance, takeOutGuard } from './races.ts'
import { type Story, startStory } from './stories.ts'

const REFUND = `mutation ($bookingId: ID!, $refundId: ID!, $ticketIds: [ID!]!) {
  refundTickets(bookingId: $bookingId, refundId: $refundId, ticketIds: $ticketIds) { refunded refused } }`

/** Three seats of a booking that has its tickets. */
async function issuedSeats(story: Story) {
  const { seat, eventId, typeId } = await story.hall(2, 10)
  const [buyer, bookingId] = [person(), newId()]
  const seatIds = [seat('A1'), seat('A2'), seat('A3')]
  const hold = (await story.holdSeats(buyer, eventId, seatIds)).data.holdSeats
  await story.booking.bind(buyer, hold.id, bookingId)
  const { ticketIds } = (await story.booking.issue(bookingId)).data.issueTickets
  return { eventId, typeId, seatIds, bookingId, ticketIds: ticketIds as [string, string, string] }
}

const refund = (story: Story, bookingId: string, refundId: string, ticketIds: string[]) =>
  story.ask(null, REFUND, { bookingId, refundId, ticketIds }, 'booking')

const statusesOf = async ({ sql }: Story, bookingId: string): Promise<string[]> =>
  (await sql(`SELECT status FROM tickets WHERE booking_id = '${bookingId}' ORDER BY ordinal`)).map(
    ({ status }) => status as string,
  )

const USE = (ticketId: string) =>
  `UPDATE tickets SET status = 'USED', checked_in_at = now() WHERE id = '${ticketId}' AND status = 'VALID'`

describe('taking tickets out of use for a refund', () => {
  it('ends these and no others, frees their places for others, and does so once', async () => {
    await using story = await startStory()
    const { eventId, typeId, seatIds, bookingId, ticketIds } = await issuedSeats(story)
    const refundId = newId()
    const answers = await Promise.all(
      [1, 2, 3].map(() => refund(story, bookingId, refundId, ticketIds.slice(0, 2))),
    )
    for (const { data } of answers) expect(data.refundTickets).toEqual({ refunded: true, refused: [] })
    expect(await statusesOf(story, bookingId)).toEqual(['REFUNDED', 'REFUNDED', 'VALID'])
    expect(await story.stock(typeId)).toEqual({ quota: 20, sold: 1, held: 0, available: 19 })
    expect((await story.holdSeats(person(), eventId, seatIds.slice(0, 2))).code).toBeUndefined()
    await expectBooksToBalance(story)
  })

  it('is refused, for all of them, where one is used, of another refund, or of no such booking', async () => {
    await using story = await startStory()
    const { bookingId, ticketIds } = await issuedSeats(story)
    const [first, second, third] = ticketIds
    await story.sql(USE(first))
    expect((await refund(story, bookingId, newId(), [first, second])).data.refundTickets).toEqual({
      refunded: false,
      refused: [first],
    })
    await refund(story, bookingId, newId(), [second])
    expect((await refund(story, bookingId, newId(), [second, third])).data.refundTickets.refused).toEqual([
      second,
    ])
    expect((await refund(story, newId(), newId(), [third])).data.refundTickets.refused).toEqual([third])
    expect(await statusesOf(story, bookingId)).toEqual(['USED', 'REFUNDED', 'VALID'])
    await expectBooksToBalance(story)
  })

  it('is asked by booking alone, with ids', async () => {
    await using story = await startStory()
    const args = { bookingId: newId(), refundId: newId(), ticketIds: [newId()] }
    for (const viewer of [person(), story.admin, null])
      expect((await story.ask(viewer, REFUND, args)).code).toBe('FORBIDDEN')
    expect((await refund(story, args.bookingId, args.refundId, [])).code).toBe('BAD_USER_INPUT')
    expect((await refund(story, args.bookingId, 'x', args.ticketIds)).code).toBe('BAD_USER_INPUT')
  })
})

describe('a check-in and a refund at the same moment', () => {
  /** The door has the ticket's row, and commits once the refund waits for it. Gives what the refund was told, and the ticket's status. */
  async function checkedInMeanwhile(story: Story) {
    const { bookingId, ticketIds } = await issuedSeats(story)
    const [ticketId] = ticketIds
    let refunding: ReturnType<typeof refundTickets> | undefined
    await story.deps.db.$transaction(async (tx) => {
      await tx.$executeRawUnsafe(USE(ticketId))
      refunding = refundTickets(story.deps, { bookingId, refundId: newId(), ticketIds: [ticketId] })
      refunding.catch(() => undefined)
      await untilBlocked(tx, 1)
    })
    const { refunded } = (await refunding) ?? {}
    return { refunded, status: (await statusesOf(story, bookingId))[0] }
  }

  it("without guards (FOR NO KEY UPDATE, status = 'VALID') gives money back for a ticket that was used", async () => {
    await using story = await startStory()
    const lock = takeOutGuard(story.deps, ' ORDER BY id FOR NO KEY UPDATE')
    const condition = takeOutGuard(story.deps, " AND status = 'VALID'")
    expect(await checkedInMeanwhile(story)).toEqual({ refunded: true, status: 'REFUNDED' })
    expect([lock.count, condition.count]).not.toContain(0)
  })

  it('have one winner: the one that came first', async () => {
    await using story = await startStory()
    expect(await checkedInMeanwhile(story)).toEqual({ refunded: false, status: 'USED' })
    const { bookingId, ticketIds } = await issuedSeats(story)
    await refund(story, bookingId, newId(), [ticketIds[0]])
    await story.sql(USE(ticketIds[0]))
    expect((await statusesOf(story, bookingId))[0]).toBe('REFUNDED')
    await expectBooksToBalance(story)
  })
})
