import { mapAsync } from '@karcis/kit/async-queue'
import { requireViewer } from '@karcis/kit/viewer'
import { readDoorBundle } from '../domain/door/bundle.ts'
import { checkIn, undoCheckIn } from '../domain/door/check-in.ts'
import { createDoorDevice, readDoorDevices, revokeDoorDevice } from '../domain/door/devices.ts'
import { readDoorPolicy, setDoorPolicy } from '../domain/door/policy.ts'
import { readCheckInStats, watchCheckIns } from '../domain/door/stats.ts'
import { syncCheckIns } from '../domain/door/sync-check-ins.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

/** Check-in, by whoever organizes an event and by its scanners, which are no viewers. */
export const door = {
  Query: {
    doorPolicy: (_, { eventId }, ctx) => readDoorPolicy(ctx.deps, requireViewer(ctx), eventId),
    doorDevices: (_, { eventId }, ctx) => readDoorDevices(ctx.deps, requireViewer(ctx), eventId),
    doorBundle: (_, { eventId, since }, ctx) => readDoorBundle(ctx.deps, ctx, eventId, since ?? null),
    checkInStats: (_, { eventId }, ctx) => readCheckInStats(ctx.deps, ctx, eventId),
  },
  Mutation: {
    checkIn: async (_, { input }, ctx) => ctx.loaders.ticket.load(await checkIn(ctx.deps, ctx, input)),
    syncCheckIns: (_, { input }, ctx) => syncCheckIns(ctx.deps, ctx, input),
    undoCheckIn: async (_, { ticketId }, ctx) =>
      ctx.loaders.ticket.load(await undoCheckIn(ctx.deps, requireViewer(ctx), ticketId)),
    setDoorPolicy: (_, { input }, ctx) => setDoorPolicy(ctx.deps, requireViewer(ctx), input),
    createDoorDevice: (_, { input }, ctx) => createDoorDevice(ctx.deps, requireViewer(ctx), input),
    revokeDoorDevice: (_, { id }, ctx) => revokeDoorDevice(ctx.deps, requireViewer(ctx), id),
  },
  Subscription: {
    checkInRecorded: {
      async subscribe(_, { eventId, sinceRevision }, ctx) {
        const changes = await watchCheckIns(ctx.deps, ctx, eventId, sinceRevision ?? null)
        return mapAsync(changes, (checkInRecorded) => ({ checkInRecorded }))
      },
    },
  },
  CheckIn: {
    ticket: ({ ticketId }, _, { loaders }) => loaders.ticket.load(ticketId),
  },
  DoorTicketType: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
  SyncedCheckIn: {
    ticket: ({ ticketId }, _, { loaders }) => (ticketId === null ? null : loaders.ticket.load(ticketId)),
  },
  TicketTypeCheckIns: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
  Admission: {
    ticketType: ({ ticketTypeId }, _, { loaders }) => loaders.ticketType.load(ticketTypeId),
  },
} satisfies Resolvers
