import { transaction } from '@karcis/kit/database'
import { Conflict, NotFound } from '@karcis/kit/errors'
import { idSchema, newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { publishChange } from '../events/event-live.ts'
import { recordCapacityChange } from '../events/event-store.ts'
import { isReserved, lockRoom } from '../venues/room-booking-store.ts'
import type { Room } from '../venues/room-store.ts'
import * as store from '../venues/room-store.ts'
import { seatCount, seatLayoutSchema } from '../venues/seat-layout.ts'
import { ownedVenue } from './venues.ts'

const capacity = z.number().int().min(1, 'must be from 1 to 200000').max(200_000, 'must be from 1 to 200000')
const createSchema = z
  .object({
    venueId: idSchema,
    name: nameSchema(80),
    capacity: capacity.nullish(),
    seatLayout: seatLayoutSchema.nullish(),
  })
  .superRefine((room, ctx) => {
    if (room.capacity != null || room.seatLayout) return
    ctx.addIssue({ code: 'custom', path: ['capacity'], message: 'is needed without a seatLayout' })
  })
const updateSchema = z.object({
  id: idSchema,
  name: nameSchema(80).optional(),
  capacity: capacity.optional(),
  seatLayout: seatLayoutSchema.nullish(),
})

/** Adds a room. @throws NotFound or Forbidden for the venue; Conflict when the venue has a room of this name. */
export async function createRoom(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Room> {
  requireRole({ viewer }, 'ORGANIZER')
  const fields = parseInput(createSchema, input)
  await ownedVenue(deps, viewer, fields.venueId)
  const room = { id: newId(), ...fields, capacity: fields.capacity ?? seatCount(fields.seatLayout ?? null) }
  return transaction(deps.db, (tx) => store.insertRoom(tx, room))
}

/**
 * Changes what is given. Events to come in the room are told of with its new capacity.
 * @throws NotFound, Forbidden, Conflict as for creating; Conflict also for less capacity than events have been promised.
 */
export async function updateRoom(deps: Deps, viewer: Viewer | null, input: unknown): Promise<Room> {
  const { id, ...changes } = parseInput(updateSchema, input)
  await ownedRoom(deps, viewer, id)
  const { room, events } = await transaction(deps.db, async (tx) => {
    await lockRoom(tx, id)
    const before = (await store.findRooms(tx, [id])).get(id)
    const { capacity = before?.capacity } = changes
    if (before && capacity !== undefined && capacity < before.capacity && (await isReserved(tx, id))) {
      throw new Conflict(
        `Events to come were promised room for ${before.capacity} people: the capacity can be lowered when they are over or have moved.`,
        { capacity: before.capacity },
      )
    }
    const after = await store.updateRoom(tx, id, changes)
    if (!after) throw new NotFound('room', id)
    const told = after.capacity === before?.capacity ? [] : await recordCapacityChange(tx, id)
    return { room: after, events: told }
  })
  for (const event of events) publishChange(deps.live, event)
  return room
}

/** Removes a room and gives it as it was. @throws NotFound, Forbidden; Conflict when it is or was used. */
export async function deleteRoom(deps: Deps, viewer: Viewer | null, id: string): Promise<Room> {
  const room = await ownedRoom(deps, viewer, id)
  await transaction(deps.db, (tx) => store.deleteRoom(tx, room.id))
  return room
}

/** The room, for the owner of its venue. @throws Unauthenticated, NotFound, Forbidden. */
export async function ownedRoom(deps: Deps, viewer: Viewer | null, id: string): Promise<Room> {
  requireRole({ viewer }, 'ORGANIZER')
  parseInput(idSchema, id, 'id')
  const room = await deps.batchedReads.room(id)
  if (!room) throw new NotFound('room', id)
  await ownedVenue(deps, viewer, room.venueId)
  return room
}
