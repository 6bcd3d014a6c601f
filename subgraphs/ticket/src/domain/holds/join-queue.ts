import { idSchema } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { parseInput } from '@karcis/kit/validate'
import { requireVisibleEvent } from '../allocation/known-events.ts'
import type { Deps } from '../deps.ts'
import { EventNotBookable } from '../errors.ts'
import { ifVisible } from '../events/event-copy.ts'
import type { EventCopy } from '../events/event-copy-store.ts'
import { standing } from '../waiting-room/board.ts'
import type { Queue, QueuePosition } from '../waiting-room/queue.ts'

/**
 * Has the viewer wait for an event. Who waits already, or was admitted, stays where they are.
 * @throws NotFound, EventNotBookable when it is called off or over, BadUserInput; ServiceUnavailable while Redis is away.
 */
export async function joinQueue(deps: Deps, viewer: Viewer, id: string): Promise<QueuePosition> {
  const { event, queue } = await queueOf(deps, viewer, id)
  if (!queue) return notRequired(event, viewer)
  if (event.eventStatus !== 'APPROVED' || event.over) throw new EventNotBookable(event.id)
  const admitted = await findAdmitted(deps, queue, viewer.id)
  if (admitted) return admitted
  const { line, board } = deps.waitingRoom
  const { rank, waiting } = await line.join(queue, viewer.id)
  board.touch(queue.id, viewer.id)
  return inLine(queue, viewer.id, rank, waiting)
}

/** Gives the viewer's place in the line to those behind them; whoever was admitted stays admitted. @throws NotFound, BadUserInput. */
export async function leaveQueue(deps: Deps, viewer: Viewer, id: string): Promise<QueuePosition> {
  const { event, queue } = await queueOf(deps, viewer, id)
  if (!queue) return notRequired(event, viewer)
  const { line, board } = deps.waitingRoom
  await line.leave(queue, viewer.id)
  board.touch(queue.id, viewer.id)
  return (await findAdmitted(deps, queue, viewer.id)) ?? standing(queue, viewer.id)
}

/** Where the viewer stands. @throws NotFound, BadUserInput; ServiceUnavailable while Redis is away, but for those who were admitted. */
export async function readQueuePosition(deps: Deps, viewer: Viewer, id: string): Promise<QueuePosition> {
  const { event, queue } = await queueOf(deps, viewer, id)
  if (!queue) return notRequired(event, viewer)
  const admitted = await findAdmitted(deps, queue, viewer.id)
  if (admitted) return admitted
  const { found, waiting } = await deps.waitingRoom.line.look(queue, [viewer.id])
  const [place] = found
  return place ? inLine(queue, viewer.id, place.rank, waiting) : standing(queue, viewer.id)
}

/** Where the viewer stands, now and whenever that changes, until they are admitted or there is no queue. @throws NotFound, BadUserInput. */
export async function watchQueuePosition(
  deps: Deps,
  viewer: Viewer,
  id: string,
): Promise<AsyncIterableIterator<QueuePosition>> {
  const { event, queue } = await queueOf(deps, viewer, id)
  return queue ? deps.waitingRoom.board.watch(queue, viewer.id) : only(notRequired(event, viewer))
}

/** The event, as far as the viewer may see it, and its queue. Read together with all who ask in this turn: many do, and often. */
async function queueOf(
  deps: Deps,
  viewer: Viewer,
  id: string,
): Promise<{ event: EventCopy; queue: Queue | null }> {
  const eventId = parseInput(idSchema, id, 'eventId')
  const [known, queue] = await Promise.all([
    deps.batchedReads.eventCopy(eventId),
    deps.waitingRoom.reads.ofEvent(eventId),
  ])
  const event = ifVisible(viewer, known) ?? (await requireVisibleEvent(deps, viewer, eventId))
  return { event, queue }
}

async function findAdmitted(deps: Deps, queue: Queue, userId: string): Promise<QueuePosition | null> {
  const admittedUntil = await deps.waitingRoom.reads.admittedUntil(queue.id, userId)
  return admittedUntil && { ...standing(queue, userId), status: 'ADMITTED', admittedUntil }
}

const inLine = (queue: Queue, userId: string, rank: number, waiting: number): QueuePosition =>
  queue.open
    ? { ...standing(queue, userId), status: 'WAITING', position: rank + 1, waiting }
    : { ...standing(queue, userId), status: 'BEFORE_OPENING', waiting }

const notRequired = ({ id: eventId }: EventCopy, { id: userId }: Viewer): QueuePosition => ({
  eventId,
  userId,
  status: 'NOT_REQUIRED',
  queue: null,
  position: null,
  waiting: null,
  admittedUntil: null,
})

async function* only<T>(value: T): AsyncGenerator<T, void, undefined> {
  yield value
}
