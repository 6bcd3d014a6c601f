import { Conflict, NotFound } from '@karcis/kit/errors'
import { newId } from '@karcis/kit/ids'
import { idSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { requireRole } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Context } from './deps.ts'
import { Prisma, type Room as RoomRow } from '../generated/prisma/client.ts'
import { transaction } from './database.ts'
import { deleteUnlessUsed, explainRefusal, wrongField } from './errors.ts'
import { type SeatLayout, seatCount, seatLayoutSchema } from './seat-layout.ts'
import { keptVenue } from './venues.ts'

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

export const toRoom = (row: RoomRow): Room => ({
  ...row,
  seatLayout: row.seatLayout as SeatLayout | null, // only ever written after seatLayoutSchema
})

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

const meanings = {
  rooms_venue_id_name_key: () => new Conflict('The venue has a room of this name.'),
  rooms_venue_id_fkey: wrongField('input.venueId', 'there is no such venue'),
  rooms_capacity_holds_seats: wrongField('input.capacity', 'is less than the seats of the room'),
}

/** Adds a room. @throws NotFound or Forbidden for the venue; Conflict when the venue has a room of this name. */
export async function createRoom(ctx: Context, input: unknown): Promise<Room> {
  requireRole(ctx, 'ORGANIZER')
  const fields = parseInput(createSchema, input)
  await keptVenue(ctx, fields.venueId)
  const seats = seatCount(fields.seatLayout ?? null)
  const data = {
    id: newId(),
    ...fields,
    capacity: fields.capacity ?? seats,
    ...layoutColumns(fields.seatLayout),
  }
  return toRoom(await transaction(ctx.deps.db, (tx) => explainRefusal(tx.room.create({ data }), meanings)))
}

/** Changes what is given. @throws NotFound, Forbidden, Conflict as for creating. */
export async function updateRoom(ctx: Context, input: unknown): Promise<Room> {
  const { id, ...changes } = parseInput(updateSchema, input)
  await keptRoom(ctx, id)
  const data = { ...changes, ...layoutColumns(changes.seatLayout), updatedAt: new Date() }
  return transaction(ctx.deps.db, async (tx) => {
    const [room] = await explainRefusal(tx.room.updateManyAndReturn({ where: { id }, data }), meanings)
    if (!room) throw new NotFound('room', id)
    return toRoom(room)
  })
}

/** Removes a room and gives it as it was. @throws NotFound, Forbidden; Conflict when it is or was used. */
export async function deleteRoom(ctx: Context, id: string): Promise<Room> {
  const room = await keptRoom(ctx, id)
  await transaction(ctx.deps.db, (tx) => deleteUnlessUsed('room', tx.room.deleteMany({ where: { id } })))
  return room
}

/** The room, for somebody who keeps its venue. @throws Unauthenticated, NotFound, Forbidden. */
export async function keptRoom(ctx: Context, id: string): Promise<Room> {
  requireRole(ctx, 'ORGANIZER')
  const room = await ctx.loaders.room.load(id)
  if (!room) throw new NotFound('room', id)
  await keptVenue(ctx, room.venueId)
  return room
}

/** The layout and its count always change together; `undefined` leaves both. */
function layoutColumns(layout: SeatLayout | null | undefined) {
  if (layout === undefined) return { seatLayout: undefined }
  const json = layout === null ? Prisma.DbNull : (layout as unknown as Prisma.InputJsonObject)
  return { seatLayout: json, seatCount: seatCount(layout) }
}
