import { mapConstraintError } from '@karcis/kit/database'
import { Conflict } from '@karcis/kit/errors'
import { Prisma, type Room as RoomRow } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { inUseErrors, requireSpace, wrongField } from '../errors.ts'
import { type SeatLayout, seatCount } from './seat-layout.ts'

/** A hall, screen or stage: one event at a time. */
export interface Room {
  id: string
  venueId: string
  name: string
  capacity: number
  seatLayout: SeatLayout | null
  createdAt: Date
  updatedAt: Date
}

const CONSTRAINT_ERRORS = {
  rooms_venue_id_name_key: () => new Conflict('The venue has a room of this name.'),
  rooms_venue_id_fkey: wrongField('input.venueId', 'there is no such venue'),
  rooms_capacity_holds_seats: wrongField('input.capacity', 'is less than the seats of the room'),
  ...inUseErrors(
    'room',
    'events_room_id_venue_id_fkey',
    'event_pending_changes_room_id_venue_id_fkey',
    'room_bookings_room_id_fkey',
  ),
}

const explain = (error: unknown): never => mapConstraintError(error, CONSTRAINT_ERRORS)

/** Rooms by id. */
export async function findRooms(db: Db | Tx, ids: string[]): Promise<Map<string, Room>> {
  const rows = await db.room.findMany({ where: { id: { in: ids } } })
  return new Map(rows.map((row) => [row.id, toRoom(row)]))
}

/** Rooms of venues, by name; a venue without any is left out. */
export async function findRoomsOfVenues(db: Db, venueIds: string[]): Promise<Map<string, Room[]>> {
  const rows = await db.room.findMany({ where: { venueId: { in: venueIds } }, orderBy: { name: 'asc' } })
  return Map.groupBy(rows.map(toRoom), (room) => room.venueId)
}

/** What a new room is made of. */
export interface NewRoom {
  id: string
  venueId: string
  name: string
  capacity: number
  seatLayout?: SeatLayout | null | undefined
}

/** So many of a venue are given whole to whoever asks for them. */
const MAX_ROOMS = 50

/** Adds a room. @throws Conflict for its name; BadUserInput for its venue or its capacity; LIMIT_EXCEEDED when the venue has as many as it may. */
export async function insertRoom(tx: Tx, room: NewRoom): Promise<Room> {
  const { venueId } = room
  const space = { what: 'rooms in the venue', list: `rooms of ${venueId}`, limit: MAX_ROOMS }
  await requireSpace(tx, space, () => tx.room.count({ where: { venueId } }))
  const data = { ...room, ...layoutColumns(room.seatLayout) }
  return toRoom(await tx.room.create({ data }).catch(explain))
}

/** Changes what is given; null when there is no such room. @throws Conflict for its name; BadUserInput for its capacity. */
export async function updateRoom(
  tx: Tx,
  id: string,
  changes: Partial<Pick<NewRoom, 'name' | 'capacity' | 'seatLayout'>>,
): Promise<Room | null> {
  const data = { ...changes, ...layoutColumns(changes.seatLayout), updatedAt: new Date() }
  const [row] = await tx.room.updateManyAndReturn({ where: { id }, data }).catch(explain)
  return row ? toRoom(row) : null
}

/** Removes a room, if there is one. @throws Conflict when it is or was used. */
export async function deleteRoom(tx: Tx, id: string): Promise<void> {
  await tx.room.deleteMany({ where: { id } }).catch(explain)
}

/** The layout and its count always change together; `undefined` leaves both. */
function layoutColumns(layout: SeatLayout | null | undefined) {
  if (layout === undefined) return { seatLayout: undefined }
  const json = layout === null ? Prisma.DbNull : (layout as unknown as Prisma.InputJsonObject)
  return { seatLayout: json, seatCount: seatCount(layout) }
}

const toRoom = (row: RoomRow): Room => ({
  ...row,
  seatLayout: row.seatLayout as SeatLayout | null, // only ever written after seatLayoutSchema
})
