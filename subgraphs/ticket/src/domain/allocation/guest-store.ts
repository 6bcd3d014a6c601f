import type { Tx } from '../database.ts'
import { lowerUsage, type UsageChange, usageChanges } from '../inventory/allowance-store.ts'

/** Somebody whom an organizer has invited. */
export interface NewGuest {
  id: string
  eventId: string
  ticketTypeId: string
  name: string
  email: string
  /** Whose account has the address; null while nobody's has. */
  userId: string | null
  /** Who has invited them. */
  invitedBy: string
}

/** A guest's ticket: of no booking, so that no money is in it. Until its guest has an account it is owned by the guest's own id. */
export interface GuestTicket {
  id: string
  code: string
  seatId: string | null
  seatLabel: string | null
  guest: NewGuest
}

/** By which two guests of an event and a ticket type are the same. */
export const guestKey = ({ email, name }: Pick<NewGuest, 'email' | 'name'>): string =>
  `${email} ${name.toLowerCase()}`

/** A guest as far as an import must know them. */
export interface KnownGuest {
  ticketTypeId: string
  key: string
  ticketId: string
}

/** The guests of an event. Asked with the event's copy locked, so that nobody else adds any. */
export async function findGuests(tx: Tx, eventId: string): Promise<KnownGuest[]> {
  const rows = await tx.$queryRaw<{ ticket_type_id: string; key: string; ticket_id: string }[]>`
    SELECT g.ticket_type_id, g.key, t.id AS ticket_id FROM guests g JOIN tickets t ON t.guest_id = g.id AND t.ordinal IS NOT NULL
    WHERE g.event_id = ${eventId}::uuid AND g.key IS NOT NULL`
  return rows.map((row) => ({ ticketTypeId: row.ticket_type_id, key: row.key, ticketId: row.ticket_id }))
}

/** Writes guests with a ticket each. */
export async function insertGuestTickets(tx: Tx, tickets: readonly GuestTicket[]): Promise<void> {
  const guests = tickets.map(({ guest }) => guest)
  const ids = guests.map(({ id }) => id)
  const types = guests.map(({ ticketTypeId }) => ticketTypeId)
  await tx.$executeRaw`INSERT INTO guests (id, event_id, ticket_type_id, name, email, key, user_id, invited_by)
    SELECT * FROM unnest(${ids}::uuid[], ${guests.map(({ eventId }) => eventId)}::uuid[], ${types}::uuid[],
      ${guests.map(({ name }) => name)}::text[], ${guests.map(({ email }) => email)}::text[], ${guests.map(guestKey)}::text[],
      ${guests.map(({ userId }) => userId)}::uuid[], ${guests.map(({ invitedBy }) => invitedBy)}::uuid[])`
  await tx.$executeRaw`INSERT INTO tickets
      (id, code, event_id, ticket_type_id, seat_id, seat_label, owner_id, guest_id, ordinal, attendee_name)
    SELECT id, code, event_id, type_id, seat_id, seat_label, owner_id, guest_id, 0, name
    FROM unnest(${tickets.map(({ id }) => id)}::uuid[], ${tickets.map(({ code }) => code)}::text[],
      ${guests.map(({ eventId }) => eventId)}::uuid[], ${types}::uuid[], ${tickets.map(({ seatId }) => seatId)}::uuid[],
      ${tickets.map(({ seatLabel }) => seatLabel)}::text[], ${guests.map(({ id, userId }) => userId ?? id)}::uuid[], ${ids}::uuid[],
      ${guests.map(({ name }) => name)}::text[]) AS g(id, code, event_id, type_id, seat_id, seat_label, owner_id, guest_id, name)`
}

/** Counts what people are given beside what they buy: no limit of theirs is in the way. One user and type come at most once. */
export async function addUsage(tx: Tx, changes: readonly UsageChange[]): Promise<void> {
  await tx.$executeRaw`INSERT INTO allowances (user_id, ticket_type_id, taken)
    SELECT u.user_id, u.type_id, u.quantity
    FROM unnest(${changes.map(({ userId }) => userId)}::uuid[], ${changes.map(({ ticketTypeId }) => ticketTypeId)}::uuid[],
      ${changes.map(({ quantity }) => quantity)}::int[]) AS u(user_id, type_id, quantity) ORDER BY u.user_id, u.type_id
    ON CONFLICT (user_id, ticket_type_id) DO UPDATE SET taken = allowances.taken + EXCLUDED.taken, emptied_at = NULL`
}

/** Gives people the tickets of guests with their addresses, whom nobody was known to be; repeating it changes nothing. */
export async function moveGuestsTo(
  tx: Tx,
  accounts: readonly { email: string; userId: string }[],
): Promise<void> {
  const moved = await tx.$queryRaw<Moved[]>`
    WITH found AS (
      SELECT g.id, a.user_id FROM guests g
      JOIN unnest(${accounts.map(({ email }) => email)}::text[], ${accounts.map(({ userId }) => userId)}::uuid[]) AS a(email, user_id)
        ON a.email = g.email
      WHERE g.user_id IS NULL ORDER BY g.id FOR NO KEY UPDATE OF g
    ), known AS (
      UPDATE guests g SET user_id = f.user_id FROM found f WHERE g.id = f.id RETURNING g.id, g.user_id
    )
    UPDATE tickets t SET owner_id = k.user_id FROM known k WHERE t.guest_id = k.id AND t.owner_id = k.id
    RETURNING k.id AS guest_id, k.user_id, t.ticket_type_id AS type_id, t.status IN ('VALID', 'USED') AS is_live`
  await moveUsage(tx, moved)
}

/** Gives somebody all tickets that they bought as a guest, with the codes that they have; repeating it changes nothing. */
export async function moveTicketsOf(
  tx: Tx,
  { guestId, userId }: { guestId: string; userId: string },
): Promise<void> {
  const moved = await tx.$queryRaw<Moved[]>`
    WITH theirs AS (SELECT id FROM tickets WHERE owner_id = ${guestId}::uuid ORDER BY id FOR NO KEY UPDATE)
    UPDATE tickets t SET owner_id = ${userId}::uuid FROM theirs WHERE t.id = theirs.id
    RETURNING ${guestId} AS guest_id, ${userId} AS user_id, t.ticket_type_id AS type_id, t.status IN ('VALID', 'USED') AS is_live`
  await moveUsage(tx, moved)
}

/** A ticket that has come from a guest to somebody's account. */
interface Moved {
  guest_id: string
  user_id: string
  type_id: string
  is_live: boolean
}

/** Counts tickets by their new owners and no longer by the guests: no limit is in the way of what is theirs already. */
async function moveUsage(tx: Tx, moved: readonly Moved[]): Promise<void> {
  const live = moved.filter((row) => row.is_live)
  if (live.length === 0) return
  const changes = (whose: (row: (typeof live)[number]) => string) =>
    usageChanges(live.map((row) => ({ userId: whose(row), ticketTypeId: row.type_id, quantity: 1 })))
  await lowerUsage(
    tx,
    changes((row) => row.guest_id),
  )
  await addUsage(
    tx,
    changes((row) => row.user_id),
  )
}

/** Forgets how the guests were called who had somebody's account, which is gone. */
export async function deleteGuestNamesOf(tx: Tx, userId: string): Promise<void> {
  await tx.$executeRaw`UPDATE guests SET name = NULL, email = NULL, key = NULL WHERE user_id = ${userId}::uuid`
}
