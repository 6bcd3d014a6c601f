import type { Db } from '../database.ts'

/** How many of a ticket type have come in. */
export interface TicketTypeCount {
  ticketTypeId: string
  total: number
  checkedIn: number
  inside: number
}

/** How many have come in to an event. */
export interface CheckInCounts {
  eventId: string
  total: number
  checkedIn: number
  inside: number
  flagged: number
  revision: number
  ticketTypes: TicketTypeCount[]
  gates: { gate: string | null; entries: number }[]
}

/** Counts the tickets and scans of an event. */
export async function countCheckIns(db: Db, eventId: string): Promise<CheckInCounts> {
  const ticketTypes = await db.$queryRaw<
    TicketTypeCount[]
  >`SELECT ticket_type_id AS "ticketTypeId", count(*)::int AS total,
      (count(*) FILTER (WHERE status = 'USED'))::int AS "checkedIn", (count(*) FILTER (WHERE inside AND status = 'USED'))::int AS inside
    FROM tickets WHERE event_id = ${eventId}::uuid AND status IN ('VALID', 'USED')
    GROUP BY ticket_type_id ORDER BY ticket_type_id`
  const scans = await db.$queryRaw<
    { gate: string | null; entries: number; flagged: number; revision: number }[]
  >`SELECT gate,
      (count(*) FILTER (WHERE outcome = 'ACCEPTED' AND direction = 'ENTRY'))::int AS entries,
      (count(*) FILTER (WHERE outcome IN ('DUPLICATE', 'REFUSED')))::int AS flagged, max(revision) AS revision
    FROM check_ins WHERE event_id = ${eventId}::uuid GROUP BY gate ORDER BY gate NULLS LAST`
  const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0)
  return {
    eventId,
    total: sum(ticketTypes.map(({ total }) => total)),
    checkedIn: sum(ticketTypes.map(({ checkedIn }) => checkedIn)),
    inside: sum(ticketTypes.map(({ inside }) => inside)),
    flagged: sum(scans.map(({ flagged }) => flagged)),
    revision: Math.max(0, ...scans.map(({ revision }) => revision)),
    ticketTypes,
    gates: scans.filter(({ entries }) => entries > 0).map(({ gate, entries }) => ({ gate, entries })),
  }
}
