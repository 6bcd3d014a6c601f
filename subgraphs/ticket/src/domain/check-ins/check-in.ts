/** Whether somebody comes in or goes out. */
export type Direction = 'ENTRY' | 'EXIT'

/** Why a ticket does not admit; the values of `CheckInRefusal` in schema/ticket.graphql. */
export type CheckInRefusal =
  | 'FORGED'
  | 'UNKNOWN'
  | 'OTHER_EVENT'
  | 'REFUNDED'
  | 'CANCELLED'
  | 'TRANSFERRED'
  | 'FROZEN'
  | 'EXPIRED'
  | 'WRONG_GATE'
  | 'WRONG_DAY'
  | 'NOT_INSIDE'

/** What became of a scan. `UNDONE`: it counted, until the organizer took it back. */
export type CheckInOutcome = 'ACCEPTED' | 'DUPLICATE' | 'REFUSED' | 'UNDONE'

/** Who scans: a scanner of the event, or a person who may. */
export interface Scanner {
  /** By it the repeat of a scan is known. */
  deviceId: string
  /** Where it stands; null for anywhere, where rules for gates do not matter. */
  gate: string | null
}

/** A scan as it is kept. */
export interface CheckIn {
  id: string
  eventId: string
  ticketId: string
  deviceId: string
  gate: string | null
  direction: Direction
  /** By the clock of the scanner. */
  scannedAt: Date
  recordedAt: Date
  outcome: CheckInOutcome
  /** Of one that was REFUSED. */
  reason: CheckInRefusal | null
  /** The revision of the event's door with it. */
  revision: number
}

/** Check-ins of an event since a revision of its door. */
export interface CheckInChange {
  eventId: string
  since: number
  revision: number
  checkIns: CheckIn[]
}

/** What waits unread for a slow watcher, as one: of a check-in that changed again the last. */
export const mergeCheckIns = (waiting: CheckInChange, next: CheckInChange): CheckInChange => ({
  ...next,
  since: waiting.since,
  checkIns: [
    ...new Map([...waiting.checkIns, ...next.checkIns].map((checkIn) => [checkIn.id, checkIn])).values(),
  ],
})

/** A change without what somebody has who has a later revision. */
export const checkInsAfter = (change: CheckInChange, since: number): CheckInChange => ({
  ...change,
  since,
  checkIns: change.checkIns.filter(({ revision }) => revision > since),
})
