import { type Duty, hasDuty, type StaffMember } from '@karcis/kit/contracts/event-staff'
import type { StoredImage } from '@karcis/kit/contracts/files'
import type { Viewer } from '@karcis/kit/service-token'
import { owns } from '../ownership.ts'
import type { EventSchedule } from './event-schedule.ts'

/** Statuses as they are stored; COMPLETED is by time. */
export type StoredStatus = 'DRAFT' | 'PENDING' | 'APPROVED' | 'REJECTED' | 'CANCELLED'
export type EventStatus = StoredStatus | 'COMPLETED'

/** On whose authority a sale is paused. */
export type SalesPauser = 'ORGANIZER' | 'ADMIN'

/** An event as it is in force. */
export interface Event extends Reviewed {
  id: string
  slug: string
  description: string
  /** Its picture; null when it has none. */
  image: StoredImage | null
  status: StoredStatus
  /** Whether it had ended by Postgres' clock when it was read. */
  over: boolean
  /** Whether changes to its title or schedule wait for review. */
  hasPendingChanges: boolean
  message: string | null
  organizerId: string
  /** Who works for it, and as what. */
  staff: readonly StaffMember[]
  categoryId: string
  seriesId: string | null
  /** ISO 4217 */
  currency: string
  /** Whether a ticket type is priced in the currency, which therefore stays. */
  currencyFixed: boolean
  /** How many places one person may hold or owe for at once; null for the platform's own number. */
  maxOpenPlaces: number | null
  salesPaused: boolean
  /** What an admin paused, the organizer cannot resume. */
  salesPausedBy: SalesPauser | null
  salesPausedReason: string | null
  /** Why it was called off; null while it was not. */
  cancellationReason: string | null
  /** When it was moved to another time last; null when it never was. */
  rescheduledAt: Date | null
  /** Until when who had booked before that may have all their money back. */
  refundUntil: Date | null
  /** Of the room in force; null without one. */
  capacity: number | null
  version: number
  /** When it was first approved; null when it never was. */
  approvedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

/** What of an approved event changes only once an admin agrees: what people think that they buy tickets for. */
export interface Reviewed extends EventSchedule {
  title: string
}

/** What an approved event is to become once an admin agrees. */
export interface PendingChanges extends Reviewed {
  eventId: string
  submittedAt: Date
}

/** A user, of whom this subgraph knows only the id. */
export interface UserRef {
  id: string
}

/** Whether somebody may do something for an event: whose it is, its staff with a role for it, and admins. */
export const mayDo = (viewer: Viewer | null, { organizerId, staff }: Event, duty: Duty): boolean =>
  owns(viewer, organizerId) || hasDuty(viewer, staff, duty)

/** Whether a viewer may see an event. What was approved once stays visible, also after it is called off. */
export const maySee = (event: Event, viewer: Viewer | null): boolean =>
  event.status === 'APPROVED' || event.status === 'CANCELLED' || mayDo(viewer, event, 'SEE')

/** The event, if there is one and the viewer may see it. */
export const ifVisible = (event: Event | null, viewer: Viewer | null): Event | null =>
  event && maySee(event, viewer) ? event : null

/**
 * Where an event stands for a viewer. Its owners see that changes wait for review; to everyone else the event is what was
 * approved. `event-list-store.ts` says the same in SQL.
 */
export function shownStatus(event: Event, viewer: Viewer | null): EventStatus {
  if (event.status !== 'APPROVED') return event.status
  if (event.over) return 'COMPLETED'
  return event.hasPendingChanges && owns(viewer, event.organizerId) ? 'PENDING' : 'APPROVED'
}
