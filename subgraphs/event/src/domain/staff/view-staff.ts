import type { PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { requireAccount } from '@karcis/kit/viewer'
import type { Deps } from '../deps.ts'
import type { Event } from '../events/event.ts'
import type { EventPage } from '../events/event-list-store.ts'
import { owns } from '../ownership.ts'
import { listStaffEvents, type StaffEntry } from './staff-store.ts'

/** Of the staff of an event what somebody is shown: all of it its organizer and admins, themself whoever is on it; null for others. */
export function shownStaff(
  viewer: Viewer | null,
  { organizerId, staff }: Pick<Event, 'organizerId' | 'staff'>,
  entries: readonly StaffEntry[],
): StaffEntry[] | null {
  if (owns(viewer, organizerId)) return [...entries]
  const isMember = viewer !== null && staff.some(({ userId }) => userId === viewer.id)
  return isMember ? entries.filter(({ userId }) => userId === viewer.id) : null
}

/** A page of the events that the viewer works for, the newest first. @throws Unauthenticated, Forbidden, BadUserInput. */
export const listMyStaffEvents = (
  { reads }: Deps,
  viewer: Viewer | null,
  page: PageArgs,
): Promise<EventPage> => listStaffEvents(reads, requireAccount({ viewer }).id, page)
