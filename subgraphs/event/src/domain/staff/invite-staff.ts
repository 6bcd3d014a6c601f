import { type StaffRole, staffRoleSchema } from '@karcis/kit/contracts/event-staff'
import { transaction } from '@karcis/kit/database'
import { NotFound } from '@karcis/kit/errors'
import { recordEvent } from '@karcis/kit/events'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { emailSchema, parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Tx } from '../database.ts'
import type { Deps } from '../deps.ts'
import { requireSpace, TooManyInvitations } from '../errors.ts'
import type { Event } from '../events/event.ts'
import { publishChange } from '../events/event-live.ts'
import { lockEvent, touchEvent } from '../events/event-store.ts'
import { ownedEvent } from '../organizing/access.ts'
import { tellSellers } from '../organizing/tell-sellers.ts'
import { countInvitation, countStaff, insertInvitation, updateRoles } from './staff-store.ts'

/** For how long an invitation can be accepted. */
const INVITATION_DAYS = 14
/** The most who may work for an event, or be invited to. */
const MOST_STAFF = 50
/** How many invitations one person may have mailed in an hour: the addresses are strangers'. */
const MOST_INVITATIONS = 30
const WINDOW_SECONDS = 3_600

const rolesSchema = z
  .array(staffRoleSchema)
  .min(1, 'must have a role')
  .transform((roles): StaffRole[] => [...new Set(roles)].sort())

/**
 * Invites the reader of an address to work for an event, by a link that is mailed there; whoever has accepted that already is given these
 * roles instead of theirs. It is the same whether the address has an account or not.
 * @throws Forbidden, NotFound, BadUserInput; LIMIT_EXCEEDED when there are 50; RATE_LIMITED.
 */
export async function addEventStaff(
  deps: Deps,
  viewer: Viewer | null,
  sent: { eventId: string; email: string; roles: readonly string[] },
): Promise<Event> {
  const { id: invitedBy } = requireViewer({ viewer })
  const email = parseInput(emailSchema, sent.email, 'email')
  const roles = parseInput(rolesSchema, sent.roles, 'roles')
  const { id: eventId } = await ownedEvent(deps, viewer, sent.eventId, 'eventId')
  const { event, isNews } = await transaction(deps.db, async (tx) => {
    const before = await lockEvent(tx, eventId)
    if (!before) throw new NotFound('event', eventId)
    if (await updateRoles(tx, eventId, email, roles))
      return { event: await touchEvent(tx, eventId), isNews: true }
    await invite(tx, { eventId, title: before.title, email, roles, invitedBy })
    return { event: before, isNews: false }
  })
  if (!event) throw new NotFound('event', eventId)
  if (isNews) {
    publishChange(deps.live, event)
    await tellSellers(deps, eventId, 'ticket', 'booking')
  }
  return event
}

interface Invitation {
  eventId: string
  title: string
  email: string
  roles: StaffRole[]
  invitedBy: string
}

/** Whose event it is, is locked: of one event nobody is invited at the same time. */
async function invite(tx: Tx, invitation: Invitation): Promise<void> {
  const { eventId, invitedBy } = invitation
  const seconds = await countInvitation(tx, invitedBy, MOST_INVITATIONS, WINDOW_SECONDS)
  if (seconds !== null) throw new TooManyInvitations(seconds)
  const id = newId()
  const expiresAt = await insertInvitation(tx, { id, ...invitation }, INVITATION_DAYS)
  await requireSpace(
    tx,
    { what: 'people on the staff of this event', list: `staff of ${eventId}`, limit: MOST_STAFF },
    async () => (await countStaff(tx, eventId)) - 1, // but for the one that was just written, who may have been invited before
  )
  await recordEvent(tx, {
    type: 'event.staff-invited',
    aggregateId: eventId,
    payload: { invitationId: id, ...invitation, expiresAt },
    consumers: ['user'],
  })
}
