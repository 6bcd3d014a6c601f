import { createInvitationLinks } from '@karcis/kit/staff-invitations'
import { transaction } from '@karcis/kit/database'
import { Conflict, Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireAccount } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import { lockEvent, touchEvent } from '../events/event-store.ts'
import { findRightsLost, requireRights } from '../organizing/organizer-rights.ts'
import { tellSellers } from '../organizing/tell-sellers.ts'
import {
  deleteInvitation,
  deleteStaff,
  findStaffEntry,
  moveInvitationToMember,
  type StaffEntry,
} from './staff-store.ts'

const INVITEE = `query Invitee($id: ID!) { user(id: $id) { email emailVerified suspendedAt } }`

interface Invitee {
  user: { email: string | null; emailVerified: boolean | null; suspendedAt: string | null } | null
}

const tokenSchema = z.string().min(1, 'must not be empty').max(500, 'is too long')

/**
 * Puts the viewer on the staff of the event that they were invited to, once their account has shown that the address is theirs. Whoever asks
 * again for what they have accepted is given the event.
 * @throws Unauthenticated, BadUserInput; NotFound for a link that is good for nothing (any more); Forbidden when it was sent to another address;
 *   Conflict for one's own event; ServiceUnavailable.
 */
export async function acceptStaffInvitation(
  deps: Deps,
  viewer: Viewer | null,
  rawToken: string,
): Promise<Event> {
  const person = requireAccount({ viewer })
  const { id: userId } = person
  const { id, eventId, email } = await readInvitation(deps, rawToken, userId)
  const rights = await findRightsLost(deps.db, userId) // before they are asked about: what changes after this is seen below
  await requireMailbox(deps, person, email)
  const event = await transaction(deps.db, async (tx) => {
    await requireRights(tx, userId, rights, 'Your account has just changed.')
    const known = await lockEvent(tx, eventId)
    if (!known) throw notGood()
    if (known.organizerId === userId) throw new Conflict('This event is your own: it needs no invitation.')
    if (known.staff.some((member) => member.userId === userId)) {
      if ((await findStaffEntry(tx, id))?.userId === userId) return known
      await deleteStaff(tx, eventId, { userId }) // by another address, in other roles
    }
    const joined = await moveInvitationToMember(tx, id, userId)
    const changed = joined && (await touchEvent(tx, eventId))
    if (!changed) throw notGood()
    const { organizerId, version } = changed
    const payload = { eventId, organizerId, userId, roles: joined.roles, version, change: 'JOINED' as const }
    await recordEvent(tx, { type: 'event.staff-changed', aggregateId: eventId, payload, consumers: ['user'] })
    return changed
  })
  publishChange(deps.live, event)
  await tellSellers(deps, eventId, 'ticket', 'booking')
  return event
}

/** Says no to an invitation, by whoever has its link; true. @throws BadUserInput; NotFound for a link that is good for nothing (any more). */
export async function declineStaffInvitation(deps: Deps, rawToken: string): Promise<true> {
  const { id } = await readInvitation(deps, rawToken, null)
  const isGone = await transaction(deps.db, (tx) => deleteInvitation(tx, id))
  if (!isGone) throw notGood()
  return true
}

const notGood = () => new NotFound('invitation', 'of this link')

/** @param userId whose invitation may have been accepted already; null: nobody's. @throws BadUserInput, NotFound. */
async function readInvitation(deps: Deps, rawToken: string, userId: string | null): Promise<StaffEntry> {
  const token = parseInput(tokenSchema, rawToken, 'token')
  const claims = createInvitationLinks(deps.settings.SERVICE_SECRET).read(token)
  const invitation = claims && (await findStaffEntry(deps.db, claims.id))
  if (!invitation || (invitation.userId !== null && invitation.userId !== userId)) throw notGood()
  return invitation
}

/** Makes sure that an address is shown to be the viewer's. @throws Forbidden, ServiceUnavailable. */
async function requireMailbox({ clients }: Deps, viewer: Viewer, email: string): Promise<void> {
  if (!clients.user) throw new ServiceUnavailable()
  const { user } = await clients.user.query<Invitee>(INVITEE, { id: viewer.id }, viewer)
  if (!user || user.suspendedAt) throw new Forbidden('This account is not in use.')
  if (user.email !== email)
    throw new Forbidden('This invitation was sent to another address than that of your account.')
  if (!user.emailVerified)
    throw new Forbidden('Confirm your e-mail address first: the invitation was sent to it.')
}
