import { z } from 'zod'

/** Whether somebody was at an event, as far as tickets and the door know. */
export const attendance = z.object({
  /** Whether a ticket of theirs was checked in. */
  checkedIn: z.boolean(),
  /** Whether they have a ticket that is valid, or was used. */
  hasTicket: z.boolean(),
  /** Whether any ticket of the event was ever scanned. */
  scanned: z.boolean(),
})

export type Attendance = z.infer<typeof attendance>

/** Who was there: whose ticket was checked in; where nobody scanned any, whoever has one. */
export const hasAttended = ({ checkedIn, hasTicket, scanned }: Attendance): boolean =>
  checkedIn || (hasTicket && !scanned)

/** Asks the ticket subgraph about the user `$userId` at `$eventId`. Answered under `attendance`, never null. */
export const ATTENDANCE = `query Attendance($eventId: ID!, $userId: ID!) {
  attendance(eventId: $eventId, userId: $userId) { ${Object.keys(attendance.shape).join(' ')} }
}`
