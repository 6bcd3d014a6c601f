import type { Viewer } from '@karcis/kit/service-token'
import { keeps } from './ownership.ts'

/** Statuses as they are stored; COMPLETED is by time. */
export type StoredStatus = 'DRAFT' | 'PENDING' | 'APPROVED' | 'REJECTED' | 'CANCELLED'
export type EventStatus = StoredStatus | 'COMPLETED'

/** When and where: what an admin approves, and what others have bought. */
export interface Plan {
  venueId: string | null
  roomId: string | null
  locationId: string | null
  startsAt: Date
  endsAt: Date
  /** IANA */
  timezone: string
  online: boolean
}

/** An event as it is in force. */
export interface Event extends Plan {
  id: string
  slug: string
  title: string
  description: string
  status: StoredStatus
  /** Whether it had ended by Postgres' clock when it was read. */
  over: boolean
  /** Whether changes of its plan wait for review. */
  hasPendingChanges: boolean
  message: string | null
  organizerId: string
  categoryId: string
  seriesId: string | null
  /** ISO 4217 */
  currency: string
  version: number
  /** When it was first approved; null when it never was. */
  approvedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** The plan that an approved event is to have once an admin agrees. */
export interface PendingChanges extends Plan {
  eventId: string
  submittedAt: Date
}

/** A user, of whom this subgraph knows only the id. */
export interface UserRef {
  id: string
}

/** Whether a viewer may know of an event. What was approved once stays known, also after it is called off. */
export const maySee = (event: Event, viewer: Viewer | null): boolean =>
  event.status === 'APPROVED' || event.status === 'CANCELLED' || keeps(viewer, event.organizerId)

/**
 * Where an event stands for a viewer. Its keepers see that changes wait for review; to everyone else the event is what was
 * approved. `event-list.ts` says the same in SQL.
 */
export function shownStatus(event: Event, viewer: Viewer | null): EventStatus {
  if (event.status !== 'APPROVED') return event.status
  if (event.over) return 'COMPLETED'
  return event.hasPendingChanges && keeps(viewer, event.organizerId) ? 'PENDING' : 'APPROVED'
}
