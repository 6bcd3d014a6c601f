import type { Viewer } from '@karcis/kit/service-token'
import { tell } from '@karcis/testkit/ask'
import type { Deps } from '../src/domain/deps.ts'
import { refundEvent } from '../src/domain/refunds/refund-event.ts'
import { PAY } from './operations.ts'
import { type OnSale, toldOf, type World } from './world.ts'

export const PRICE = 10_000
export const GRANT = 1_000_000
export const HOUR_MS = 3_600_000

export const REQUEST = `mutation ($input: RequestRefundInput!) { requestRefund(input: $input) { ...R } }
  fragment R on RefundRequest { id status percent amount toWallet reason reviewBy message decidedAt
    booking { id status refundedAmount } tickets { id } refund { id status amount reason } }`
export const REVIEW = `mutation ($id: ID!, $input: ReviewRefundInput!) {
  reviewRefund(id: $id, input: $input) { id status amount message reviewBy refund { status amount reason } } }`
export const SET_POLICY = `mutation ($input: SetRefundPolicyInput!) { setRefundPolicy(input: $input) {
  tiers { hoursBeforeStart percent } approval reviewHours whenUndecided feesKept } }`

let version = 1

/** Tells both subgraphs how an event is, as the event subgraph does. It starts in 24 hours, unless that is changed. */
export async function tellOf(
  world: World,
  event: OnSale,
  change: Record<string, unknown> = {},
): Promise<void> {
  version += 1
  const payload = { ...toldOf(event, 'IDR'), version, ...change }
  for (const subgraph of [world.subgraph, world.ticket()])
    await tell(subgraph, 'event', { type: 'event.changed', aggregateId: event.eventId, payload })
}

/** An event on sale that booking knows of too, in so many hours. */
export async function knownEvent(world: World, startsInHours = 24): Promise<OnSale> {
  const event = await world.eventOnSale()
  await tellOf(world, event, {
    startsAt: new Date(Date.now() + startsInHours * HOUR_MS).toISOString(),
    endsAt: new Date(Date.now() + (startsInHours + 3) * HOUR_MS).toISOString(),
  })
  return event
}

/** Sets a policy as the event's organizer. */
export async function setPolicy(
  world: World,
  { eventId, organizer }: OnSale,
  policy: Record<string, unknown>,
) {
  const input = { eventId, tiers: [{ hoursBeforeStart: 0, percent: 100 }], approval: 'AUTOMATIC', ...policy }
  const { data, errors } = await world.ask(organizer, SET_POLICY, { input })
  if (!data.setRefundPolicy) throw new Error(JSON.stringify(errors))
  return data.setRefundPolicy
}

/** Refunds an event as a process of its own does: in one and the same, whoever comes second leaves it to the first. */
export const refundAlone = (deps: Deps, eventId: string): Promise<void> =>
  refundEvent({ ...deps, eventRefundsDue: new Set() }, eventId)

/** A paid booking of an event, and the ids of its tickets. */
export async function boughtAt(world: World, event: OnSale, quantity = 3, as?: Viewer) {
  const type = await world.ticketType(event, { price: PRICE, quota: 10, name: `Regular ${Math.random()}` })
  const buyer = as ?? (await world.buyer())
  const bookingId = await world.book(buyer, { ticketTypeId: type, quantity })
  const { data } = await world.ask(buyer, PAY, { id: bookingId })
  const tickets: string[] = data.confirmPayment.tickets.map(({ id }: { id: string }) => id)
  return { type, buyer, bookingId, tickets }
}

/** Moves a time of a request into the past, past its guard. */
export const past = ({ db }: World, set: string, id: string) =>
  db.$transaction([
    db.$executeRawUnsafe('ALTER TABLE refund_requests DISABLE TRIGGER USER'),
    db.$executeRawUnsafe(`UPDATE refund_requests SET ${set} WHERE id = '${id}'`),
    db.$executeRawUnsafe('ALTER TABLE refund_requests ENABLE TRIGGER USER'),
  ])
