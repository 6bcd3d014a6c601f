import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import { type BookingProcess, balanceOf } from './booking-process.ts'
import { insertPosting } from '../src/domain/ledger/ledger-store.ts'
import { grantPosting } from '../src/domain/ledger/postings.ts'
import { pendingBooking } from './money.ts'
import { PAY } from './operations.ts'

export const BALANCE = `query ($organizerId: ID) { organizerBalance(organizerId: $organizerId) {
  currency owed heldBack disputed available onItsWay paidOut } }`

const PAYOUT = `fragment P on Payout {
  id status amount currency message organizer { id } bankAccount { bankName accountHolder accountNumber fullAccountNumber }
  statement { eventId sales refunds fees tax disputes collected paidBefore amount remaining } statementCsv reviewedAt paidAt }`

export const REQUEST = `mutation ($input: RequestPayoutInput!) { requestPayout(input: $input) { ...P } } ${PAYOUT}`
export const REVIEW = `mutation ($id: ID!, $input: ReviewPayoutInput!) {
  reviewPayout(id: $id, input: $input) { ...P } } ${PAYOUT}`
export const MARK_PAID = `mutation ($id: ID!) { markPayoutPaid(id: $id) { ...P } } ${PAYOUT}`
export const MARK_FAILED = `mutation ($id: ID!, $reason: String!) {
  markPayoutFailed(id: $id, reason: $reason) { ...P } } ${PAYOUT}`
export const PAYOUTS = `query ($organizerId: ID, $status: PayoutStatus, $first: Int, $after: String) {
  payouts(organizerId: $organizerId, status: $status, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { ...P } } } } ${PAYOUT}`

export const BANK_ACCOUNT = {
  bankName: 'Bank Nusantara',
  accountHolder: 'Sari',
  accountNumber: '123-456 789',
}

const DAY = 86_400_000

/** Tells booking of an event, that it ends so many days from now (below zero: ago). */
export async function tellEvent(
  { subgraph }: BookingProcess,
  { eventId, organizerId }: { eventId: string; organizerId: string },
  { endsInDays, version, status = 'APPROVED' }: { endsInDays: number; version: number; status?: string },
): Promise<void> {
  const endsAt = Date.now() + endsInDays * DAY
  await tell(subgraph, 'event', {
    type: 'event.changed',
    aggregateId: eventId,
    payload: {
      id: eventId,
      organizerId,
      title: 'Konser',
      status,
      startsAt: new Date(endsAt - 3_600_000).toISOString(),
      endsAt: new Date(endsAt).toISOString(),
      currency: 'IDR',
      timezone: 'Asia/Jakarta',
      roomId: null,
      version,
    },
  })
}

/** Somebody pays a booking of an event out of a wallet that is filled for it. @returns the booking's id. */
export async function sell(
  booking: BookingProcess,
  { eventId, organizerId }: { eventId: string; organizerId: string },
  price: number,
  buyer?: Viewer,
): Promise<string> {
  const payer = buyer ?? (await booking.buyer())
  if ((await balanceOf(booking, payer)) < price) {
    const gift = { ...grantPosting(payer.id, price), reference: `gift:${newId()}` }
    await transaction(booking.db, (tx) => insertPosting(tx, gift))
  }
  const { id } = await pendingBooking(booking.db, payer.id, price, { eventId, organizerId })
  const { data, errors } = await booking.ask(payer, PAY, { id })
  if (data.confirmPayment?.status !== 'PAID') throw new Error(JSON.stringify(errors))
  return id
}

/** An event of an organizer that has sold bookings at these prices, and ended so many days ago (above zero: is still to come). */
export async function soldEvent(
  booking: BookingProcess,
  organizer: Viewer,
  prices: readonly number[],
  endsInDays: number,
): Promise<{ eventId: string; organizerId: string; bookingIds: string[] }> {
  const event = { eventId: newId(), organizerId: organizer.id }
  await tellEvent(booking, event, { endsInDays: 1, version: 1 })
  const bookingIds: string[] = []
  for (const price of prices) bookingIds.push(await sell(booking, event, price))
  await tellEvent(booking, event, { endsInDays, version: 2 })
  return { ...event, bookingIds }
}
