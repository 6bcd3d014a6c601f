import { newId } from '@karcis/kit/ids'
import type { Db, Tx } from './database.ts'
import { transaction } from './database.ts'
import { type BusyTime, explainRefusal, RoomNotAvailable } from './errors.ts'
import type { Plan } from './event.ts'

/** CURRENT for what is in force (or waits for its first review), PENDING for changes of it. */
export type Stage = 'CURRENT' | 'PENDING'

interface Wanted extends BusyTime {
  roomId: string
  holderId: string
}

/** The EXCLUDE constraint said no; what stands in the way is looked up after the rollback. */
class RoomTaken extends Error {
  readonly wanted: Wanted

  constructor(wanted: Wanted) {
    super('room taken')
    this.wanted = wanted
  }
}

/** A transaction in which rooms are taken. @throws RoomNotAvailable with the times that are in the way. */
export async function scheduleTransaction<T>(db: Db, run: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await transaction(db, run)
  } catch (error) {
    if (!(error instanceof RoomTaken)) throw error
    throw new RoomNotAvailable(error.wanted.roomId, await findConflicts(db, error.wanted))
  }
}

/** Takes the room of an event's plan, in place of what the event had at this stage. A plan without room takes none. */
export async function holdRoom(tx: Tx, eventId: string, plan: Plan, stage: Stage): Promise<void> {
  await releaseRoom(tx, eventId, stage)
  const { roomId, startsAt, endsAt } = plan
  if (roomId === null) return
  await lockRoom(tx, roomId)
  await explainRefusal(
    tx.$executeRaw`INSERT INTO room_bookings (id, room_id, kind, holder_id, event_id, stage, starts_at, ends_at)
      VALUES (${newId()}::uuid, ${roomId}::uuid, 'EVENT', ${eventId}::uuid, ${eventId}::uuid,
        ${stage}::room_booking_stage, ${startsAt}::timestamptz, ${endsAt}::timestamptz)`,
    { room_bookings_no_overlap: () => new RoomTaken({ roomId, startsAt, endsAt, holderId: eventId }) },
  )
}

/** Frees what an event has at a stage; nothing when it has nothing. */
export async function releaseRoom(tx: Tx, eventId: string, stage: Stage): Promise<void> {
  await tx.$executeRaw`DELETE FROM room_bookings
    WHERE event_id = ${eventId}::uuid AND stage = ${stage}::room_booking_stage`
}

/** What the waiting changes of an event have taken becomes what it has. */
export async function promoteRoom(tx: Tx, eventId: string): Promise<void> {
  await releaseRoom(tx, eventId, 'CURRENT')
  await tx.$executeRaw`UPDATE room_bookings SET stage = 'CURRENT' WHERE event_id = ${eventId}::uuid`
}

/** Takes a room for no event; the block's id is its own holder. */
export async function insertBlock(
  tx: Tx,
  block: { id: string; roomId: string; startsAt: Date; endsAt: Date; reason: string },
): Promise<void> {
  const { id, roomId, startsAt, endsAt, reason } = block
  await lockRoom(tx, roomId)
  await explainRefusal(
    tx.$executeRaw`INSERT INTO room_bookings (id, room_id, kind, holder_id, starts_at, ends_at, reason)
      VALUES (${id}::uuid, ${roomId}::uuid, 'BLOCK', ${id}::uuid,
        ${startsAt}::timestamptz, ${endsAt}::timestamptz, ${reason})`,
    { room_bookings_no_overlap: () => new RoomTaken({ roomId, startsAt, endsAt, holderId: id }) },
  )
}

/** Two that insert overlapping times at once would wait for each other inside the EXCLUDE constraint; so one waits here. */
async function lockRoom(tx: Tx, roomId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM rooms WHERE id = ${roomId}::uuid FOR NO KEY UPDATE`
}

const findConflicts = (db: Db, { roomId, startsAt, endsAt, holderId }: Wanted): PromiseLike<BusyTime[]> =>
  db.$queryRaw<BusyTime[]>`SELECT starts_at AS "startsAt", ends_at AS "endsAt" FROM room_bookings
    WHERE room_id = ${roomId}::uuid AND holder_id <> ${holderId}::uuid
      AND tstzrange(starts_at, ends_at) && tstzrange(${startsAt}::timestamptz, ${endsAt}::timestamptz)
    ORDER BY starts_at LIMIT 10`
