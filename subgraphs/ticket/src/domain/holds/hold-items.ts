import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { allocateItems } from '../allocation/allocate-items.ts'
import { type Hold, quantitySchema, queuePassSchema } from '../allocation/hold.ts'
import { requirePlacesOfOneHold } from '../allocation/limits.ts'
import { requireOpenTypes } from '../allocation/sale-reads.ts'
import type { Deps } from '../deps.ts'
import { givenCodeSchema } from '../inventory/access-codes.ts'
import { seatIdsSchema } from '../seat-map/seat.ts'
import type { Buyer } from '../waiting-room/gate.ts'
import { type ChosenPlaces, holdChosen } from './hold-seats.ts'

const MAX_IDS = 1_000
const MAX_TYPES = 100
const inputSchema = z.object({
  eventId: idSchema,
  seatIds: seatIdsSchema(MAX_IDS).nullish(),
  items: z
    .array(z.object({ ticketTypeId: idSchema, quantity: quantitySchema }))
    .max(MAX_TYPES, `must name at most ${MAX_TYPES} ticket types`)
    .refine(
      (items) => new Set(items.map((item) => item.ticketTypeId)).size === items.length,
      'must not name a ticket type twice',
    )
    .nullish(),
  queuePass: queuePassSchema,
  accessCode: givenCodeSchema,
})

/**
 * Holds for the viewer seats and general admission of one event, all of it or none: chosen seats, or, where none are chosen, the best ones that
 * are left of each type that has seats.
 * @throws what holdSeats, holdBestSeats and holdTickets refuse with; BadUserInput also when nothing is wanted.
 */
export async function holdItems(deps: Deps, viewer: Viewer, input: unknown): Promise<Hold> {
  const { eventId, seatIds, items, queuePass, accessCode } = parseInput(inputSchema, input)
  const buyer = { userId: viewer.id, queuePass, accessCode }
  const wanted = { eventId, seatIds: seatIds ?? [], items: items ?? [] }
  if (wanted.seatIds.length > 0) return holdChosen(deps, buyer, wanted)
  if (wanted.items.length === 0)
    throw new BadUserInput([{ path: 'input.items', message: 'must name something, or seatIds must' }])
  return holdBest(deps, buyer, wanted)
}

async function holdBest(deps: Deps, buyer: Buyer, { eventId, items }: ChosenPlaces): Promise<Hold> {
  const owner = { userId: buyer.userId, bookingId: null }
  const total = items.reduce((sum, { quantity }) => sum + quantity, 0)
  await requirePlacesOfOneHold(deps, { ...owner, eventId }, total)
  const ids = items.map(({ ticketTypeId }) => ticketTypeId)
  const types = await requireOpenTypes(deps, buyer, ids)
  const wanted = items.map(({ ticketTypeId, quantity }) => {
    const type = types.get(ticketTypeId)
    if (type?.eventId !== eventId) throw new NotFound('ticket type of this event', ticketTypeId)
    return { type, quantity }
  })
  return allocateItems(deps, owner, wanted)
}
