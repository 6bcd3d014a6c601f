import type { Tx } from '../database.ts'
import type { Attendee, Ticket } from './ticket.ts'

/** To whom a ticket goes, and what it is from then on. */
export interface Transfer {
  to: string
  id: string
  code: string
}

/**
 * Hands a ticket on, if it still is its owner's and admits. Its row goes on with another id, code and owner: so whatever ends the tickets
 * of its booking, or freezes them, and waits for this row, meets it all the same. What it was stays as a row that is TRANSFERRED.
 * @returns whether it was handed on.
 */
export async function moveTicketTo(tx: Tx, ticket: Ticket, { to, id, code }: Transfer): Promise<boolean> {
  const moved = await tx.$executeRaw`WITH moved AS (
      UPDATE tickets SET id = ${id}::uuid, code = ${code}, owner_id = ${to}::uuid, attendee_name = NULL, attendee_answers = NULL
      WHERE id = ${ticket.id}::uuid AND owner_id = ${ticket.ownerId}::uuid AND status = 'VALID' AND NOT frozen
      RETURNING event_id, ticket_type_id, seat_id, seat_label, booking_id, guest_id, created_at
    )
    INSERT INTO tickets (id, code, event_id, ticket_type_id, seat_id, seat_label, owner_id, booking_id, guest_id, ordinal, status, created_at)
    SELECT ${ticket.id}::uuid, ${ticket.code}, event_id, ticket_type_id, seat_id, seat_label, ${ticket.ownerId}::uuid, booking_id, guest_id, NULL,
      'TRANSFERRED', created_at FROM moved`
  return moved === 1
}

/**
 * Writes who comes with a ticket that its owner still has and that admits.
 * @param whenever also past the time that the event gives for it, by the database's clock. @returns whether it was written.
 */
export async function updateAttendee(
  tx: Tx,
  { id, ownerId }: Pick<Ticket, 'id' | 'ownerId'>,
  { name, answers }: Attendee,
  { whenever }: { whenever: boolean },
): Promise<boolean> {
  const written =
    await tx.$executeRaw`UPDATE tickets SET attendee_name = ${name}, attendee_answers = ${JSON.stringify(answers)}::jsonb
    WHERE id = ${id}::uuid AND owner_id = ${ownerId}::uuid AND status = 'VALID'
      AND (${whenever} OR NOT EXISTS (SELECT FROM questionnaires q WHERE q.event_id = tickets.event_id AND q.answers_until <= now()))`
  return written === 1
}

/** Forgets who comes with the tickets of somebody whose account is gone. */
export async function deleteAttendeesOf(tx: Tx, ownerId: string): Promise<void> {
  await tx.$executeRaw`UPDATE tickets SET attendee_name = NULL, attendee_answers = NULL
    WHERE owner_id = ${ownerId}::uuid AND attendee_name IS NOT NULL`
}
