import { z } from 'zod'

/** What somebody does for an event that is not theirs. */
export const STAFF_ROLES = ['DOOR', 'SALES', 'EDITOR'] as const

export type StaffRole = (typeof STAFF_ROLES)[number]

export const staffRoleSchema = z.enum(STAFF_ROLES)

/** Somebody who works for an event, and as what. */
export const staffMember = z.object({ userId: z.uuid(), roles: z.array(staffRoleSchema).min(1) })

export type StaffMember = z.infer<typeof staffMember>

/**
 * What is done with an event, and by which roles of its staff beside its organizer and admins. Each subgraph asks by the name of the duty; who
 * may do it is said here, and nowhere else.
 */
export const DUTIES = {
  /** Seeing the event, and what belongs to it, before everybody does. */
  SEE: STAFF_ROLES,
  /** Letting people in: scans, what a scanner needs while it is offline, how many have come. */
  ADMIT: ['DOOR'],
  /** Knowing how the event admits, for whoever lets people in, and whoever decides on it. */
  KNOW_DOOR: ['DOOR', 'EDITOR'],
  /** Seeing a ticket of the event, whosever it is. */
  READ_TICKET: ['DOOR', 'SALES'],
  /** Who comes and what was sold; guests, and payments that come by hand. */
  SELL: ['SALES'],
  /** The event itself and its sale: ticket types, seat maps, promo codes, the waiting room, scanners. */
  EDIT: ['EDITOR'],
  /** What is the organizer's alone: refunds, fees, payouts, calling off, staff. */
  OWN: [],
} as const satisfies Record<string, readonly StaffRole[]>

export type Duty = keyof typeof DUTIES

/** Whether somebody is on the staff of an event with a role for a duty. */
export const hasDuty = (
  viewer: { id: string; role: string } | null,
  staff: readonly StaffMember[],
  duty: Duty,
): boolean => {
  if (viewer === null || viewer.role === 'GUEST') return false
  const member = staff.find(({ userId }) => userId === viewer.id)
  return member?.roles.some((role) => (DUTIES[duty] as readonly StaffRole[]).includes(role)) ?? false
}

/**
 * Mutations that take an office of whoever asks, also where they are a customer to the rest of the system: what is done by them as staff of an
 * event is somebody's decision on what belongs to others, and is written down like an organizer's.
 */
export const STAFF_DEEDS: ReadonlySet<string> = new Set([
  'acceptStaffInvitation',
  'removeEventStaff',
  'updateEvent',
  'submitEvent',
  'pauseSales',
  'resumeSales',
  'createTicketType',
  'updateTicketType',
  'deleteTicketType',
  'importTicketTypes',
  'importGuests',
  'createSeatMap',
  'updateSeatMap',
  'blockSeats',
  'unblockSeats',
  'holdBackSeats',
  'holdBackTickets',
  'releaseHeldBack',
  'setQuestions',
  'setQueue',
  'checkIn',
  'syncCheckIns',
  'setDoorPolicy',
  'createDoorDevice',
  'revokeDoorDevice',
  'createPromoCode',
  'updatePromoCode',
  'deletePromoCode',
  'createPromoCampaign',
  'updatePromoCampaign',
  'confirmManualPayment',
  'exportAttendees',
])
