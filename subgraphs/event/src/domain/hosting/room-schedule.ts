import { transaction } from '@karcis/kit/database'
import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { instantSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { spanProblem } from '../events/event-schedule.ts'
import { parseTogether } from '../input.ts'
import { ifOpen } from '../ownership.ts'
import {
  deleteBlock,
  explainRoomTaken,
  findBlock,
  insertBlock,
  listRoomSchedule,
  type ScheduleEntry,
} from '../venues/room-booking-store.ts'
import { ownedRoom } from './rooms.ts'

/** The most that can be blocked, or looked at, in one. */
const MAX_DAYS = 366
const MAX_ENTRIES = 500

const schema = z.object({
  roomId: idSchema,
  startsAt: instantSchema,
  endsAt: instantSchema,
  reason: nameSchema(300),
})

/** Every entry of a room that overlaps the span, in order of time. @throws BadUserInput; NotFound also when the venue is not open to the viewer. */
export async function roomSchedule(
  deps: Deps,
  viewer: Viewer | null,
  roomId: string,
  from: Date,
  to: Date,
): Promise<ScheduleEntry[]> {
  const span = {
    startsAt: parseInput(instantSchema, from, 'from'),
    endsAt: parseInput(instantSchema, to, 'to'),
  }
  const problem = spanProblem(span, MAX_DAYS)
  if (problem) throw new BadUserInput([{ path: 'to', message: problem.replace('startsAt', 'from') }])
  const room = await deps.batchedReads.room(roomId)
  if (!room || !ifOpen(await deps.batchedReads.venue(room.venueId), viewer))
    throw new NotFound('room', roomId)
  const entries = await listRoomSchedule(deps.db, room.id, span, MAX_ENTRIES + 1)
  if (entries.length <= MAX_ENTRIES) return entries
  throw new BadUserInput([
    { path: 'to', message: `must be earlier: there are more than ${MAX_ENTRIES} entries` },
  ])
}

/** Keeps a room free of events. @throws NotFound, Forbidden, RoomNotAvailable. */
export async function blockSchedule(
  deps: Deps,
  viewer: Viewer | null,
  input: { startsAt: Date; endsAt: Date },
): Promise<ScheduleEntry> {
  requireRole({ viewer }, 'ORGANIZER')
  const problem = spanProblem(input, MAX_DAYS)
  const problems = problem ? [{ path: 'input.endsAt', message: problem }] : []
  const block = { id: newId(), ...parseTogether(schema, input, problems) }
  await ownedRoom(deps, viewer, block.roomId)
  await transaction(deps.db, (tx) => insertBlock(tx, block)).catch(explainRoomTaken(deps.db))
  return { ...block, kind: 'BLOCK', eventId: null }
}

/** Lifts a block and gives it as it was. @throws NotFound, Forbidden. */
export async function unblockSchedule(deps: Deps, viewer: Viewer | null, id: string): Promise<ScheduleEntry> {
  requireRole({ viewer }, 'ORGANIZER')
  const block = await findBlock(deps.db, parseInput(idSchema, id, 'id'))
  if (!block) throw new NotFound('block', id)
  await ownedRoom(deps, viewer, block.roomId)
  if (!(await transaction(deps.db, (tx) => deleteBlock(tx, block.id)))) throw new NotFound('block', id)
  return block
}
