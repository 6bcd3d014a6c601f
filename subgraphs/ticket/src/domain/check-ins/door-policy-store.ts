import type { Db, Tx } from '../database.ts'
import type { AdmissionRule } from './admission.ts'

/** The rule of one ticket type. */
export interface TicketTypeRule extends AdmissionRule {
  ticketTypeId: string
}

/** How an event admits. */
export interface DoorPolicy {
  eventId: string
  /** Whether somebody who has left may come in again. */
  reentry: boolean
  /** Of the ticket types that do not admit everywhere and on all days. */
  admissions: TicketTypeRule[]
}

export async function findDoorPolicy(db: Db | Tx, eventId: string): Promise<DoorPolicy> {
  const [door] = await db.$queryRaw<
    { reentry: boolean }[]
  >`SELECT reentry FROM doors WHERE event_id = ${eventId}::uuid`
  const rows = await db.$queryRaw<
    { ticket_type_id: string; gates: string[] | null; days: number[] | null }[]
  >`SELECT r.ticket_type_id, r.gates, r.days FROM admission_rules r JOIN ticket_types t ON t.id = r.ticket_type_id
    WHERE t.event_id = ${eventId}::uuid ORDER BY t.id`
  const admissions = rows.map(({ ticket_type_id: ticketTypeId, gates, days }) => ({
    ticketTypeId,
    gates,
    days,
  }))
  return { eventId, reentry: door?.reentry ?? false, admissions }
}

/** Writes whether an event lets people in again; locks its door. */
export async function updateReentry(tx: Tx, eventId: string, reentry: boolean): Promise<void> {
  await tx.$executeRaw`INSERT INTO doors (event_id, reentry) VALUES (${eventId}::uuid, ${reentry})
    ON CONFLICT (event_id) DO UPDATE SET reentry = EXCLUDED.reentry`
}

/** Writes rules of ticket types of an event in the place of all that it has. @returns ids of the types that are the event's. */
export async function replaceAdmissionRules(
  tx: Tx,
  eventId: string,
  rules: readonly TicketTypeRule[],
): Promise<string[]> {
  await tx.$executeRaw`DELETE FROM admission_rules r USING ticket_types t
    WHERE t.id = r.ticket_type_id AND t.event_id = ${eventId}::uuid`
  const written: string[] = []
  for (const { ticketTypeId, gates, days } of rules) {
    const count = await tx.$executeRaw`INSERT INTO admission_rules (ticket_type_id, gates, days)
      SELECT id, ${gates}::text[], ${days}::int[] FROM ticket_types
      WHERE id = ${ticketTypeId}::uuid AND event_id = ${eventId}::uuid`
    if (count === 1) written.push(ticketTypeId)
  }
  return written
}
