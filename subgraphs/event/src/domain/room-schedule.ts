import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, nameSchema } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { type Db, type Tx, transaction } from './database.ts'
import { isId, parseTogether } from './input.ts'
import { spanProblems } from './plan.ts'
import { insertBlock, scheduleTransaction } from './room-bookings.ts'
import { keptRoom } from './rooms.ts'

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

const COLUMNS = Prisma.sql`id, room_id AS "roomId", kind::text AS kind, event_id AS "eventId",
  starts_at AS "startsAt", ends_at AS "endsAt", reason`

/** Every entry of a room that overlaps the span, in order of time. @throws NotFound, BadUserInput. */
export async function roomSchedule(
  ctx: Context,
  roomId: string,
  from: Date,
  to: Date,
): Promise<ScheduleEntry[]> {
  const [problem] = spanProblems({ startsAt: from, endsAt: to })
  if (problem) throw new BadUserInput([{ path: 'to', message: problem.message.replace('startsAt', 'from') }])
  if (!(await ctx.loaders.room.load(roomId))) throw new NotFound('room', roomId)
  return ctx.deps.db.$queryRaw<ScheduleEntry[]>`SELECT ${COLUMNS} FROM room_bookings
    WHERE room_id = ${roomId}::uuid
      AND tstzrange(starts_at, ends_at) && tstzrange(${from}::timestamptz, ${to}::timestamptz)
    ORDER BY starts_at, id`
}

const blockSchema = z.object({
  roomId: idSchema,
  startsAt: z.date(),
  endsAt: z.date(),
  reason: nameSchema(300),
})

/** Keeps a room free of events. @throws NotFound, Forbidden, RoomNotAvailable. */
export async function blockSchedule(
  ctx: Context,
  input: { startsAt: Date; endsAt: Date },
): Promise<ScheduleEntry> {
  requireRole(ctx, 'ORGANIZER')
  const block = { id: newId(), ...parseTogether(blockSchema, input, spanProblems(input)) }
  await keptRoom(ctx, block.roomId)
  await scheduleTransaction(ctx.deps.db, (tx) => insertBlock(tx, block))
  return { ...block, kind: 'BLOCK', eventId: null }
}

/** Lifts a block and gives it as it was. @throws NotFound, Forbidden. */
export async function unblockSchedule(ctx: Context, id: string): Promise<ScheduleEntry> {
  requireRole(ctx, 'ORGANIZER')
  const block = isId(id) ? await findBlock(ctx.deps.db, id) : null
  if (!block) throw new NotFound('block', id)
  await keptRoom(ctx, block.roomId)
  await transaction(ctx.deps.db, (tx) => deleteBlock(tx, id))
  return block
}

async function findBlock(db: Db, id: string): Promise<ScheduleEntry | null> {
  const [block] = await db.$queryRaw<ScheduleEntry[]>`SELECT ${COLUMNS} FROM room_bookings
    WHERE id = ${id}::uuid AND kind = 'BLOCK'`
  return block ?? null
}

async function deleteBlock(tx: Tx, id: string): Promise<void> {
  const deleted = await tx.$executeRaw`DELETE FROM room_bookings WHERE id = ${id}::uuid AND kind = 'BLOCK'`
  if (deleted === 0) throw new NotFound('block', id)
}
