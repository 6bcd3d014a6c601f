import { mapAsync } from '@karcis/kit/async-queue'
import { NotFound } from '@karcis/kit/errors'
import { requireViewer } from '@karcis/kit/viewer'
import { ifVisible, maySeeEvent } from '../domain/events/event-copy.ts'
import { blockSeats, unblockSeats } from '../domain/organizing/block-seats.ts'
import { createSeatMap } from '../domain/organizing/create-seat-map.ts'
import { updateSeatMap } from '../domain/organizing/update-seat-map.ts'
import {
  deltaOf,
  layoutUrlOf,
  seatIdsAt,
  statusesAfter,
  statusesOf,
} from '../domain/viewing/read-geometry.ts'
import {
  readSeats,
  readSeatsOfSections,
  requireOneAnswer,
  watchSeatMap,
} from '../domain/viewing/read-seats.ts'
import { ifOffered } from '../domain/inventory/ticket-type.ts'
import type { Seat, SeatMap } from '../domain/seat-map/seat.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'
import type { Context } from '../request-context.ts'
import { seatSize } from './seat-size.ts'

export const seats = {
  Query: {
    seatMap: (_, { eventId }, ctx) => seatMapOf(ctx, eventId),
    seats: (_, { ids }, ctx) => readSeats((id) => seatOf(ctx, id), ids),
  },
  Mutation: {
    createSeatMap: (_, { input }, ctx) => createSeatMap(ctx.deps, requireViewer(ctx), input),
    updateSeatMap: (_, { input }, ctx) => updateSeatMap(ctx.deps, requireViewer(ctx), input),
    blockSeats: (_, args, ctx, info) =>
      blockSeats(ctx.deps, requireViewer(ctx), args, (seats) => requireOneAnswer(seats, seatSize(info))),
    unblockSeats: (_, args, ctx, info) =>
      unblockSeats(ctx.deps, requireViewer(ctx), args, (seats) => requireOneAnswer(seats, seatSize(info))),
  },
  Subscription: {
    seatMapChanged: {
      async subscribe(_, { eventId, sinceRevision }, { deps, viewer }) {
        const changes = await watchSeatMap(deps, viewer, eventId, sinceRevision ?? null)
        return mapAsync(changes, (seatMapChanged) => ({ seatMapChanged }))
      },
    },
  },
  Event: {
    seatMap: ({ id }, _, ctx) => seatMapOf(ctx, id),
  },
  SeatMap: {
    async seats({ eventId }, { sectionIds }, { deps, loaders, seatTypes }, info) {
      const [seats, types] = await Promise.all([
        sectionIds == null
          ? loaders.seatsOfEvent.load(eventId)
          : readSeatsOfSections(deps, eventId, sectionIds),
        loaders.ticketTypesOfEvent.load(eventId),
      ])
      for (const type of types ?? []) seatTypes.set(type.id, type)
      return requireOneAnswer(seats ?? [], seatSize(info))
    },
    layoutUrl: (map, _, { deps }) => layoutUrlOf(deps, map),
    statuses: (map, _, { deps }) => statusesOf(deps, map),
    seatsAt: async (map, { indices }, { deps, loaders }) => {
      const ids = await seatIdsAt(deps, map, indices)
      return Promise.all(ids.map(async (id) => (id === null ? null : loaders.seat.load(id))))
    },
    sections: async ({ eventId }, _, { loaders }) => (await loaders.sectionsOfEvent.load(eventId)) ?? [],
  },
  SeatMapChange: {
    seats: ({ seats }, _, __, info) => requireOneAnswer(seats, seatSize(info)),
    async layoutUrl({ eventId }, _, { deps, loaders }) {
      const map = await loaders.seatMap.load(eventId)
      if (!map) throw new NotFound('seat map of the event', eventId)
      return layoutUrlOf(deps, map)
    },
    statuses: (change, _, { deps }) => statusesAfter(deps, change),
    delta: (change, _, { deps }) => deltaOf(deps, change),
  },
  Section: {
    ticketType: async ({ ticketTypeId }, _, { viewer, loaders }) =>
      ifOffered(viewer, await loaders.ticketType.load(ticketTypeId)),
  },
  Seat: {
    __resolveReference: ({ id }, ctx) => seatOf(ctx, id),
    // The same for all who watch a map together, so hidden from all.
    ticketType({ ticketTypeId }, _, { loaders, seatTypes }) {
      const known = seatTypes.get(ticketTypeId)
      if (known) return known.hidden ? null : known // at once: there may be 100,000 seats
      return loaders.ticketType.load(ticketTypeId).then((type) => (type?.hidden ? null : type))
    },
  },
} satisfies Resolvers

const seatMapOf = async ({ viewer, loaders }: Context, eventId: string): Promise<SeatMap | null> =>
  ifVisible(viewer, await loaders.seatMap.load(eventId))

async function seatOf({ viewer, loaders }: Context, id: string): Promise<Seat | null> {
  const seat = await loaders.seat.load(id)
  const event = seat && (await loaders.eventCopy.load(seat.eventId))
  return event && maySeeEvent(viewer, event) ? seat : null
}
