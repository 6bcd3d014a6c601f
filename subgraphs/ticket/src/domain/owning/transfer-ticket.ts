import { USER_BY_EMAIL, userByEmail } from '@karcis/kit/contracts/user-asks'
import { transaction } from '@karcis/kit/database'
import {
  BadUserInput,
  Conflict,
  Forbidden,
  KarcisError,
  NotFound,
  ServiceUnavailable,
} from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, parseInput } from '@karcis/kit/validate'
import { lowerUsage, raiseUsage } from '../inventory/allowance-store.ts'
import { findTicketsAtDoor } from '../check-ins/check-in-store.ts'
import { refusalOf } from '../check-ins/admission.ts'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { AlreadyCheckedIn, TicketInvalid } from '../errors.ts'
import type { Ticket } from '../tickets/ticket.ts'
import { signTicketCodes } from '../tickets/ticket-code.ts'
import { findTickets } from '../tickets/ticket-store.ts'
import { moveTicketTo, type Transfer } from '../tickets/transfer-store.ts'

/**
 * Hands a ticket of the viewer's on to somebody who has an account: they have a new one, with a code of its own, and the old code admits
 * nobody any more. The place stays the booking's: a refund of all of it ends the new ticket too, and the money goes to whoever paid.
 * @returns the viewer's own ticket, TRANSFERRED.
 * @throws Forbidden, NotFound, BadUserInput (nobody has that address, or the viewer has), TicketInvalid, AlreadyCheckedIn,
 *   Conflict, KarcisError LIMIT_EXCEEDED and RATE_LIMITED, ServiceUnavailable.
 */
export async function transferTicket(
  deps: Deps,
  viewer: Viewer,
  args: { id: string; email: string },
): Promise<Ticket | null> {
  const id = parseInput(idSchema, args.id, 'id')
  const email = parseInput(emailSchema, args.email, 'email')
  const ticket = (await findTickets(deps.db, [id])).get(id)
  if (!ticket) throw new NotFound('ticket', id)
  if (ticket.ownerId !== viewer.id) throw new Forbidden('This is not your ticket.')
  await requireAdmitting(deps.db, id)
  const to = await findRecipient(deps, viewer, email)
  const transfer: Transfer = { to, id: newId(), code: '' }
  const [code = ''] = await signTicketCodes(deps.signingKeys, [
    { ticketId: transfer.id, eventId: ticket.eventId },
  ])
  await transaction(deps.db, (tx) => handOn(tx, ticket, { ...transfer, code }))
  return (await findTickets(deps.db, [id])).get(id) ?? null
}

async function handOn(tx: Tx, ticket: Ticket, transfer: Transfer): Promise<void> {
  if (!(await moveTicketTo(tx, ticket, transfer))) {
    await requireAdmitting(tx, ticket.id)
    throw new Conflict('This ticket has just changed. Try again.', { ticketId: ticket.id })
  }
  const { id: ticketId, ownerId: from, ticketTypeId, eventId } = ticket
  const place = { ticketTypeId, quantity: 1 }
  await lowerUsage(tx, [{ ...place, userId: from }])
  if ((await raiseUsage(tx, [{ ...place, userId: transfer.to }])).length === 0)
    throw new KarcisError('LIMIT_EXCEEDED', 'They have as many of these as one person may have.', {
      remaining: 0,
    })
  await recordEvent(tx, {
    type: 'ticket.transferred',
    aggregateId: ticketId,
    payload: { ticketId, newTicketId: transfer.id, eventId, fromUserId: from, toUserId: transfer.to },
    consumers: ['user'],
  })
}

/** @throws TicketInvalid, AlreadyCheckedIn for what admits nobody, or has admitted somebody. */
export async function requireAdmitting(db: Deps['db'] | Tx, id: string): Promise<void> {
  const ticket = (await findTicketsAtDoor(db, [id])).get(id)
  if (!ticket) return
  const anywhere = { ...ticket, gates: null, days: null }
  const reason = refusalOf(anywhere, { direction: 'ENTRY', gate: null, at: ticket.now })
  if (reason) throw new TicketInvalid(reason, { ticketId: id })
  if (ticket.status !== 'USED') return
  throw new AlreadyCheckedIn({ ticketId: id, checkedInAt: ticket.checkedInAt, deviceId: null, gate: null })
}

/** Of addresses that nobody has, one person may try so many in an hour: nobody finds out like that who has an account. */
const MOST_MISSES = 10
const HOUR_SECONDS = 3_600

/** @throws BadUserInput, KarcisError RATE_LIMITED, ServiceUnavailable. */
async function findRecipient({ clients, redis }: Deps, viewer: Viewer, email: string): Promise<string> {
  if (!clients.user) throw new ServiceUnavailable()
  const key = `transfer-misses:${viewer.id}`
  // Counted before it is asked, so that many at once are no more than one after the other.
  const tries = await redis.incr(key)
  if (tries <= 1) await redis.expire(key, HOUR_SECONDS)
  if (tries > MOST_MISSES)
    throw new KarcisError('RATE_LIMITED', 'You have tried too many addresses that have no account.', {
      retryAfterSeconds: HOUR_SECONDS,
    })
  const { userByEmail: recipient } = userByEmail.parse(await clients.user.query(USER_BY_EMAIL, { email }))
  if (!recipient) throw new BadUserInput([{ path: 'email', message: 'has no account here' }])
  await redis.decr(key)
  if (recipient.id === viewer.id) throw new BadUserInput([{ path: 'email', message: 'is your own' }])
  return recipient.id
}
