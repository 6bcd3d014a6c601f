import { mapConstraintError } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Db, Tx } from '../database.ts'
import { type BusyTime, RoomNotAvailable } from '../errors.ts'

/** A time in which a room is taken, by an event or by hand. */
export interface ScheduleEntry {
  id: string
  roomId: string
  kind: 'EVENT' | 'BLOCK'
  eventId: string | null
  startsAt: Date
  endsAt: Date
  reason: string | null
}

/** CURRENT for what is in force (or waits for its first review), PENDING for changes to it. */
export type Stage = 'CURRENT' | 'PENDING'

const COLUMNS = Prisma.sql`id, room_id AS "roomId", kind::text AS kind, event_id AS "eventId",
  starts_at AS "startsAt", ends_at AS "endsAt", reason`

/** The entries of a room that overlap the span, in order of time: the first of them. */
export const listRoomSchedule = (
  db: Db,
  roomId: string,
  { startsAt, endsAt }: BusyTime,
  limit: number,
): Promise<ScheduleEntry[]> =>
  db.$queryRaw<ScheduleEntry[]>`SELECT ${COLUMNS} FROM room_bookings
    WHERE room_id = ${roomId}::uuid
      AND tstzrange(starts_at, ends_at) && tstzrange(${startsAt}::timestamptz, ${endsAt}::timestamptz)
    ORDER BY starts_at, id LIMIT ${limit}`

/** Whether a room is reserved for an event that is not over: in force, or asked for. */
export async function isReserved(tx: Tx, roomId: string): Promise<boolean> {
  const [reserved] = await tx.$queryRaw<unknown[]>`SELECT 1 FROM room_bookings
    WHERE room_id = ${roomId}::uuid AND kind = 'EVENT' AND ends_at > now() LIMIT 1`
  return reserved !== undefined
}

/** A block by its id. */
export async function findBlock(db: Db, id: string): Promise<ScheduleEntry | null> {
  const [block] = await db.$queryRaw<ScheduleEntry[]>`SELECT ${COLUMNS} FROM room_bookings
    WHERE id = ${id}::uuid AND kind = 'BLOCK'`
  return block ?? null
}

/**
 * Reserves a room for an event, in place of the one that it had at this stage.
 * @param wanted the event's schedule; one without a room reserves none.
 * @throws RoomTaken
 */
export async function reserveRoom(
  tx: Tx,
  eventId: string,
  wanted: BusyTime & { roomId: string | null },
  stage: Stage,
): Promise<void> {
  await releaseRoom(tx, eventId, stage)
  const { roomId, startsAt, endsAt } = wanted
  if (roomId === null) return
  await lockRoom(tx, roomId)
  await tx.$executeRaw`INSERT INTO room_bookings (id, room_id, kind, holder_id, event_id, stage, starts_at, ends_at)
    VALUES (${newId()}::uuid, ${roomId}::uuid, 'EVENT', ${eventId}::uuid, ${eventId}::uuid,
      ${stage}::room_booking_stage, ${startsAt}::timestamptz, ${endsAt}::timestamptz)`.catch(
    orTaken({ roomId, startsAt, endsAt, holderId: eventId }),
  )
}

/** Frees the room that an event has at a stage, if it has one. */
export async function releaseRoom(tx: Tx, eventId: string, stage: Stage): Promise<void> {
  await tx.$executeRaw`DELETE FROM room_bookings
    WHERE event_id = ${eventId}::uuid AND stage = ${stage}::room_booking_stage`
}

/** The room reserved for an event's pending changes becomes the one that it has. */
export async function promoteRoom(tx: Tx, eventId: string): Promise<void> {
  await releaseRoom(tx, eventId, 'CURRENT')
  await tx.$executeRaw`UPDATE room_bookings SET stage = 'CURRENT' WHERE event_id = ${eventId}::uuid`
}

/** Blocks a room, for no event; the block's id is its own holder. @throws RoomTaken */
export async function insertBlock(
  tx: Tx,
  block: { id: string; roomId: string; startsAt: Date; endsAt: Date; reason: string },
): Promise<void> {
  const { id, roomId, startsAt, endsAt, reason } = block
  await lockRoom(tx, roomId)
  await tx.$executeRaw`INSERT INTO room_bookings (id, room_id, kind, holder_id, starts_at, ends_at, reason)
    VALUES (${id}::uuid, ${roomId}::uuid, 'BLOCK', ${id}::uuid,
      ${startsAt}::timestamptz, ${endsAt}::timestamptz, ${reason})`.catch(
    orTaken({ roomId, startsAt, endsAt, holderId: id }),
  )
}

/** Removes a block. @returns whether there was one. */
export async function deleteBlock(tx: Tx, id: string): Promise<boolean> {
  const deleted = await tx.$executeRaw`DELETE FROM room_bookings WHERE id = ${id}::uuid AND kind = 'BLOCK'`
  return deleted > 0
}

/** Two that insert overlapping times at once would wait for each other inside the EXCLUDE constraint; so one waits here. Nor does its capacity change meanwhile. */
export async function lockRoom(tx: Tx, roomId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM rooms WHERE id = ${roomId}::uuid FOR NO KEY UPDATE`
}

interface Wanted extends BusyTime {
  roomId: string
  holderId: string
}

/** The EXCLUDE constraint said no. What stands in the way can only be read after the rollback: `explainRoomTaken` does. */
class RoomTaken extends Error {
  readonly wanted: Wanted

  constructor(wanted: Wanted) {
    super('room taken')
    this.wanted = wanted
  }
}

const orTaken =
  (wanted: Wanted) =>
  (error: unknown): never =>
    mapConstraintError(error, { room_bookings_no_overlap: () => new RoomTaken(wanted) })

/**
 * For the `catch` of a transaction that reserves or blocks a room.
 * @throws RoomNotAvailable with the times that are in the way; any other error as it is.
 */
export const explainRoomTaken =
  (db: Db) =>
  async (error: unknown): Promise<never> => {
    if (!(error instanceof RoomTaken)) throw error
    throw new RoomNotAvailable(error.wanted.roomId, await findConflicts(db, error.wanted))
  }

const findConflicts = (db: Db, { roomId, startsAt, endsAt, holderId }: Wanted): Promise<BusyTime[]> =>
  db.$queryRaw<BusyTime[]>`SELECT starts_at AS "startsAt", ends_at AS "endsAt" FROM room_bookings
    WHERE room_id = ${roomId}::uuid AND holder_id <> ${holderId}::uuid
      AND tstzrange(starts_at, ends_at) && tstzrange(${startsAt}::timestamptz, ${endsAt}::timestamptz)
    ORDER BY starts_at LIMIT 10`
