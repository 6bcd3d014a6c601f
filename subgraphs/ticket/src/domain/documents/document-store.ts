import type { StaffMember } from '@karcis/kit/contracts/event-staff'
import type { Db } from '../database.ts'
import type { TicketStatus } from '../tickets/ticket.ts'
import type { TicketFacts } from './document.ts'

/** What is known here of a ticket that is to be a document; null when there is none. */
export async function findTicketFacts(db: Db, id: string): Promise<TicketFacts | null> {
  const [row] = await db.$queryRaw<
    FactsRow[]
  >`SELECT t.id, t.code, t.owner_id, t.status, t.frozen, t.checked_in_at,
      t.created_at, t.attendee_name, type.name AS type_name, section.name AS section,
      s.row_label, coalesce(s.label, s.number::text) AS seat, e.id AS event_id, e.organizer_id, e.staff, e.title, e.status AS event_status,
      e.starts_at, e.ends_at, e.timezone, e.version
    FROM tickets t JOIN event_copies e ON e.id = t.event_id JOIN ticket_types type ON type.id = t.ticket_type_id
      LEFT JOIN seats s ON s.id = t.seat_id LEFT JOIN sections section ON section.id = s.section_id
    WHERE t.id = ${id}::uuid`
  if (!row) return null
  const { section, row_label: rowLabel, seat } = row
  return {
    id: row.id,
    code: row.code,
    ownerId: row.owner_id,
    status: row.status,
    frozen: row.frozen,
    checkedInAt: row.checked_in_at,
    createdAt: row.created_at,
    attendee: row.attendee_name,
    typeName: row.type_name,
    seat:
      section === null || rowLabel === null || seat === null ? null : { section, row: rowLabel, label: seat },
    event: {
      id: row.event_id,
      organizerId: row.organizer_id,
      staff: row.staff,
      title: row.title,
      status: row.event_status,
      startsAt: row.starts_at,
      endsAt: row.ends_at,
      timezone: row.timezone,
      version: row.version,
    },
  }
}

interface FactsRow {
  id: string
  code: string
  owner_id: string
  status: TicketStatus
  frozen: boolean
  checked_in_at: Date | null
  created_at: Date
  attendee_name: string | null
  type_name: string
  section: string | null
  row_label: string | null
  seat: string | null
  event_id: string
  organizer_id: string
  staff: StaffMember[]
  title: string
  event_status: string
  starts_at: Date
  ends_at: Date
  timezone: string
  version: number
}
