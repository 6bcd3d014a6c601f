import { BadUserInput, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { areUnique, moneySchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { allocateItems } from '../allocation/allocate-items.ts'
import {
  type Hold,
  MAX_PLACES_PER_HOLD,
  quantitySchema,
  queuePassSchema,
  requireSale,
} from '../allocation/hold.ts'
import { requirePlacesOfOneHold } from '../allocation/limits.ts'
import { requireOpenTypes } from '../allocation/sale-reads.ts'
import { keyOfWish, type SeatOffers } from '../allocation/seat-offers.ts'
import type { Deps } from '../deps.ts'
import { SoldOut } from '../errors.ts'
import { givenCodeSchema } from '../inventory/access-codes.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { findTicketTypesOfEvents } from '../inventory/ticket-type-store.ts'

const MAX_TYPES = 20

const inputSchema = z
  .object({
    eventId: idSchema,
    ticketTypeId: idSchema.nullish(),
    ticketTypeIds: z
      .array(idSchema)
      .min(1, 'must name one; leave it out for any')
      .max(MAX_TYPES, `must name at most ${MAX_TYPES}`)
      .refine(areUnique, 'must not name one twice')
      .nullish(),
    quantity: quantitySchema,
    wheelchairs: z.int().min(0).default(0),
    maxPrice: moneySchema.nullish(),
    queuePass: queuePassSchema,
    accessCode: givenCodeSchema,
  })
  .refine(({ ticketTypeId, ticketTypeIds }) => ticketTypeId == null || ticketTypeIds == null, {
    path: ['ticketTypeIds'],
    message: 'cannot be given together with ticketTypeId',
  })
  .refine(({ quantity, wheelchairs }) => wheelchairs <= quantity, {
    path: ['wheelchairs'],
    message: 'must not be more than quantity',
  })

type Input = z.infer<typeof inputSchema>

/**
 * Holds for the viewer the best seats that are left, side by side: of one ticket type, of the first of several that has such, or of any.
 * @throws SoldOut when there are not as many neighbours left, with what there is instead; EventNotBookable, SalesPaused, QueueRequired,
 *   SaleNotOpen, LimitExceeded, NotFound, BadUserInput.
 */
export async function holdBestSeats(deps: Deps, viewer: Viewer, input: unknown): Promise<Hold> {
  const wanted = parseInput(inputSchema, input)
  const owner = { userId: viewer.id, bookingId: null }
  await requirePlacesOfOneHold(deps, { ...owner, eventId: wanted.eventId }, wanted.quantity)
  const types = await requireTypes(deps, viewer, wanted)
  const { quantity, wheelchairs } = wanted
  const missed: SoldOut[] = []
  for (const type of types) {
    try {
      return await allocateItems(deps, owner, [{ type, quantity, wheelchairs }])
    } catch (error) {
      if (!(error instanceof SoldOut)) throw error
      missed.push(error)
    }
  }
  const { alternatives } = await readOffers(deps, wanted, types)
  const sum = (fact: string) => missed.map(({ facts }) => Number(facts[fact] ?? 0))
  throw new SoldOut(
    types[0]?.id ?? '',
    sum('remaining').reduce((a, b) => a + b, 0),
    Math.max(0, ...sum('adjacent')),
    alternatives.map(({ groups, ...offer }) => ({
      ...offer,
      seatIds: groups.flatMap(({ seatIds }) => seatIds),
      groups,
    })),
  )
}

/**
 * What `holdBestSeats` would hold now for the viewer, and what there is instead when that is nothing. Holds nothing.
 * @throws what `holdBestSeats` throws, but for SoldOut and limits of the viewer's own.
 */
export async function readBestSeats(deps: Deps, viewer: Viewer, input: unknown): Promise<SeatOffers> {
  const wanted = parseInput(inputSchema, input)
  if (wanted.quantity > MAX_PLACES_PER_HOLD)
    throw new BadUserInput([{ path: 'input.quantity', message: `must be at most ${MAX_PLACES_PER_HOLD}` }])
  return readOffers(deps, wanted, await requireTypes(deps, viewer, wanted))
}

/** What there is for the viewer, of types that they may have, and beside these. */
async function readOffers(deps: Deps, input: Input, types: readonly TicketType[]): Promise<SeatOffers> {
  const { eventId, quantity, wheelchairs } = input
  const first = types[0]?.price ?? 0
  const others = (await findSeated(deps, eventId))
    .filter((type) => isOnSale(type) && isAffordable(type, input) && !types.some(({ id }) => id === type.id))
    .sort((a, b) => Math.abs(a.price - first) - Math.abs(b.price - first) || b.price - a.price)
  const wish = { types, others, quantity, wheelchairs }
  return deps.seatOffers.submit(keyOfWish(wish), wish)
}

/**
 * The types of which seats may be had, best first: those that are named, or else any, the dearest first that is on sale, as what is dearer is
 * meant to be better. @throws NotFound, BadUserInput, EventNotBookable, SalesPaused, QueueRequired, SaleNotOpen.
 */
async function requireTypes(deps: Deps, viewer: Viewer, input: Input): Promise<TicketType[]> {
  const { eventId, ticketTypeId, ticketTypeIds, queuePass, accessCode } = input
  const named = ticketTypeId == null ? ticketTypeIds : [ticketTypeId]
  const path = ticketTypeId == null ? 'input.ticketTypeIds' : 'input.ticketTypeId'
  const ids = named ?? (await listAny(deps, eventId)).map(({ id }) => id)
  const open = await requireOpenTypes(deps, { userId: viewer.id, queuePass, accessCode }, ids)
  const types = [...open.values()]
  for (const type of types) {
    if (type.eventId !== eventId) throw new NotFound('ticket type of this event', type.id)
    if (!type.seated) throw new BadUserInput([{ path, message: 'has no seats: use holdTickets' }])
    requireSale(type)
  }
  const affordable = types.filter((type) => isAffordable(type, input))
  if (affordable.length > 0) return affordable
  const least = Math.min(...types.map(({ price }) => price))
  throw new BadUserInput([{ path: 'input.maxPrice', message: `must be at least ${least}, the lowest price` }])
}

/** Of an event all types with seats that anybody may have; those on sale alone, where there are such. @throws BadUserInput. */
async function listAny(deps: Deps, eventId: string): Promise<TicketType[]> {
  const seated = await findSeated(deps, eventId)
  if (seated.length === 0)
    throw new BadUserInput([{ path: 'input.eventId', message: 'has no seats: use holdTickets' }])
  const any = seated.filter(isOnSale).sort((a, b) => b.price - a.price)
  return any.length > 0 ? any : seated
}

const findSeated = async ({ reads }: Deps, eventId: string): Promise<TicketType[]> =>
  ((await findTicketTypesOfEvents(reads, [eventId])).get(eventId) ?? []).filter(
    (type) => type.seated && isForAnybody(type),
  )

const isAffordable = ({ price }: TicketType, { maxPrice }: Input): boolean =>
  maxPrice == null || price <= maxPrice

/** Who names no type is given none that is hidden, or asks for an access code. */
const isForAnybody = ({ hidden, accessCodes }: TicketType): boolean => !hidden && accessCodes.length === 0

const isOnSale = ({ saleStatus }: TicketType): boolean =>
  saleStatus === 'ON_SALE' || saleStatus === 'SOLD_OUT'
