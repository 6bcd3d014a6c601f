import { setTimeout as pause } from 'node:timers/promises'
import type { Person } from '../builders.ts'
import { type Habits, type Outcome, settled } from '../buyers.ts'
import type { Api } from '../karcis.ts'

const LOOK_MS = 300
const PATIENCE_MS = 90_000

const LOOK = `query ($id: ID!) { booking(id: $id) {
  status event { id } tickets { id code } refundRequests { id status refund { status } } } }`
const ASK_BACK =
  'mutation ($input: RequestRefundInput!) { requestRefund(input: $input) { id status booking { id } } }'
const REVIEW = 'mutation ($id: ID!) { reviewRefund(id: $id, input: { decision: APPROVED }) { status } }'
const CHECK_IN = 'mutation ($input: CheckInInput!) { checkIn(input: $input) { id status } }'

/** Who decides about those who regret, and keeps count. */
export interface Regretted {
  readonly karcis: Api
  /** Whose events they are: reviews what they ask for, and stands at the door. */
  readonly organizer: Person
  /** Tickets that let somebody in. */
  readonly used: Set<string>
  /** A booking of theirs has come to no end, or to a wrong one. */
  lost(why: string): void
}

interface Looked {
  readonly status: Outcome['status']
  readonly event: { readonly id: string }
  readonly tickets: readonly { readonly id: string; readonly code: string }[]
  readonly refundRequests: readonly {
    readonly id: string
    readonly status: string
    readonly refund: { readonly status: string } | null
  }[]
}

/**
 * What people do with what they have paid for: some give one of their tickets back, or all, which the organizer has to agree to where that is their policy; some come in;
 * and some try both at the same moment, with the same ticket.
 * @returns what their booking has come to; null where nobody answers any more.
 */
export async function regret(
  { karcis, organizer, used, lost }: Regretted,
  buyer: Person,
  bookingId: string,
  habits: Habits,
): Promise<Outcome['status'] | null> {
  const ask = (operation: string, query: string, variables: Record<string, unknown>, who = buyer) =>
    settled(karcis, who, operation, query, variables, habits)
  const look = async (): Promise<Looked | null> =>
    (await ask('booking', LOOK, { id: bookingId })).data?.booking ?? null
  /** @param what they look for, for whoever reads that it never came. */
  async function lookUntil(what: string, isSo: (booking: Looked) => boolean): Promise<Looked | null> {
    const until = Date.now() + PATIENCE_MS
    while (Date.now() < until && !habits.giveUp?.aborted) {
      const seen = await look()
      if (seen && isSo(seen)) return seen
      await pause(LOOK_MS)
    }
    lost(`booking ${bookingId} is without ${what} for ever`)
    return null
  }

  async function askBack(ticketIds: readonly string[]): Promise<void> {
    const input = { bookingId, ticketIds, reason: 'We cannot come.', idempotencyKey: crypto.randomUUID() }
    const { requestRefund: asked } = (await ask('requestRefund', ASK_BACK, { input })).data ?? {}
    if (asked?.status === 'PENDING') await ask('reviewRefund', REVIEW, { id: asked.id }, organizer)
  }

  async function comeIn({ id, code }: Looked['tickets'][number], eventId: string): Promise<void> {
    const { checkIn } = (await ask('checkIn', CHECK_IN, { input: { code, eventId } }, organizer)).data ?? {}
    if (checkIn?.status === 'USED') used.add(id)
  }

  const plan = Math.random()
  if (plan < 0.2) return 'PAID'
  const booking = await lookUntil('its tickets', ({ tickets }) => tickets.length > 0)
  const [ticket] = booking?.tickets ?? []
  if (!booking || !ticket) return null
  const all = booking.tickets.map(({ id }) => id)
  if (plan < 0.35) await Promise.all([comeIn(ticket, booking.event.id), askBack([ticket.id])])
  else if (plan < 0.45) {
    await comeIn(ticket, booking.event.id)
    await askBack(all)
  } else await askBack(plan < 0.75 ? [ticket.id] : all)

  const end = await lookUntil('an end of its refunds', ({ refundRequests }) =>
    refundRequests.every(
      ({ status, refund }) => status !== 'PENDING' && (status === 'REJECTED' || refund?.status === 'DONE'),
    ),
  )
  const isBack = end?.refundRequests.some(({ status }) => status === 'APPROVED')
  if (isBack && used.has(ticket.id)) lost(`ticket ${ticket.id} has let somebody in, and its money went back`)
  // Looked at once more: in one answer the status may have been read before the refunds beside it.
  return end && ((await look())?.status ?? null)
}
