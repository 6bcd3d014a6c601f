import { mapAsync } from '@karcis/kit/async-queue'
import { requireViewer } from '@karcis/kit/viewer'
import { ifVisible, mayDo, maySeeEvent } from '../domain/events/event-copy.ts'
import { joinQueue, leaveQueue, readQueuePosition, watchQueuePosition } from '../domain/holds/join-queue.ts'
import { setQueue } from '../domain/organizing/set-queue.ts'
import { secondsToGo } from '../domain/waiting-room/queue.ts'
import type { Resolvers } from '../generated/resolvers-types.ts'

export const queues = {
  Query: {
    queuePosition: (_, { eventId }, ctx) => readQueuePosition(ctx.deps, requireViewer(ctx), eventId),
  },
  Mutation: {
    setQueue: (_, { input }, ctx) => setQueue(ctx.deps, requireViewer(ctx), input),
    joinQueue: (_, { eventId }, ctx) => joinQueue(ctx.deps, requireViewer(ctx), eventId),
    leaveQueue: (_, { eventId }, ctx) => leaveQueue(ctx.deps, requireViewer(ctx), eventId),
  },
  Subscription: {
    queuePositionChanged: {
      async subscribe(_, { eventId }, ctx) {
        const positions = await watchQueuePosition(ctx.deps, requireViewer(ctx), eventId)
        return mapAsync(positions, (queuePositionChanged) => ({ queuePositionChanged }))
      },
    },
  },
  Event: {
    async queue({ id }, _, { deps, viewer, loaders }) {
      const queue = await deps.waitingRoom.reads.ofEvent(id)
      return queue && ifVisible(viewer, await loaders.eventCopy.load(id)) ? queue : null
    },
  },
  Queue: {
    async event({ eventId }, _, { viewer, loaders }) {
      const event = await loaders.eventCopy.load(eventId)
      return event && maySeeEvent(viewer, event) ? { id: eventId } : null
    },
    waiting: async (queue, _, { deps }) => (await deps.waitingRoom.line.look(queue, [])).waiting,
    async admitted({ id, eventId }, _, { viewer, loaders }) {
      const event = await loaders.eventCopy.load(eventId)
      return event && mayDo(viewer, event, 'EDIT') ? ((await loaders.admissions.load(id)) ?? 0) : null
    },
  },
  QueuePosition: {
    async event({ eventId }, _, { viewer, loaders }) {
      const event = await loaders.eventCopy.load(eventId)
      return event && maySeeEvent(viewer, event) ? { id: eventId } : null
    },
    estimatedSeconds: ({ queue, position }) =>
      queue && position !== null ? secondsToGo(queue, position) : null,
    pass: ({ queue, userId, admittedUntil }, _, { deps }) =>
      queue && admittedUntil ? deps.waitingRoom.gate.passOf(queue, userId, admittedUntil) : null,
    opensAt: ({ queue }) => queue?.opensAt ?? null,
  },
} satisfies Resolvers
