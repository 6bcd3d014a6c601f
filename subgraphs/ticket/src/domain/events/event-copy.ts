import { type Duty, hasDuty, type StaffMember } from '@karcis/kit/contracts/event-staff'
import { parseId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'

/** An event as this subgraph refers to it. */
export interface EventRef {
  id: string
}

/** An event or user that another subgraph refers to by this text; null for what is no id and so is nothing. */
export function referenceTo(text: string): { id: string } | null {
  const id = parseId(text)
  return id === null ? null : { id }
}

/** A user as this subgraph refers to them. */
export interface UserRef {
  id: string
}

/** Who may see an event and whatever belongs to it, as far as that depends on the event. */
export interface EventVisibility extends EventPeople {
  eventStatus: string
}

/** Who has to do with an event, beside those who buy. */
export interface EventPeople {
  organizerId: string
  /** Who works for it, and as what. */
  staff: readonly StaffMember[]
}

/** Whether somebody may do something for an event: its organizer, its staff with a role for it, and admins. */
export const mayDo = (viewer: Viewer | null, { organizerId, staff }: EventPeople, duty: Duty): boolean =>
  viewer !== null && (viewer.role === 'ADMIN' || viewer.id === organizerId || hasDuty(viewer, staff, duty))

/** What everybody may see; whether it is over does not matter. */
const PUBLIC = new Set(['APPROVED', 'CANCELLED'])

/** Whether somebody may see an event and what belongs to it, as the event subgraph decides it: not before it is approved, but as its own. */
export const maySeeEvent = (viewer: Viewer | null, event: EventVisibility): boolean =>
  PUBLIC.has(event.eventStatus) || (event.eventStatus !== 'DELETED' && mayDo(viewer, event, 'SEE'))

/** What belongs to an event, when there is any and the viewer may see it. */
export const ifVisible = <T extends EventVisibility>(viewer: Viewer | null, thing: T | null): T | null =>
  thing && maySeeEvent(viewer, thing) ? thing : null
