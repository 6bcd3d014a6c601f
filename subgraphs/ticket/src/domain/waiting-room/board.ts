import { CHANNELS } from '@karcis/kit/contracts/channels'
import type { Bus } from '@karcis/kit/redis'
import { z } from 'zod'
import type { Admitted } from './admit.ts'
import type { Line, LineOf } from './line.ts'
import { type Queue, type QueuePosition, secondsToNextLook } from './queue.ts'
import type { QueueReads } from './queue-store.ts'
import { QueueWatcher, TOLD } from './watcher.ts'

/** One turn of the board. */
export const TURN_MS = 500
/** Turns that are planned ahead: a little more than the longest time until somebody is looked at again. */
const TURNS_AHEAD = 160
/** How many are asked about in one script: a millisecond or two, in which Redis does nothing else. */
const PER_LOOK = 500
/** Who watches without being in line is looked for so often. */
const NOT_JOINED_SECONDS = 2
/** Over how long all who waited for the opening are told where they stand. */
const OPENING_SECONDS = 10
/** Ids in one message. */
const PER_MESSAGE = 500

const admittedMessage = z.object({ queueId: z.uuid(), userIds: z.array(z.string()), until: z.coerce.date() })

interface BoardDeps {
  line: Line
  bus: Bus
  reads: QueueReads
  /** Queues by id, as they are now. */
  findQueues(ids: readonly string[]): Promise<Map<string, Queue>>
}

/** Tells everybody who watches a line where they stand. One for each process; it admits nobody. */
export interface Board {
  /** @returns where somebody stands, now and whenever that changes, until they are admitted or the queue ends. */
  watch(queue: Queue, userId: string): QueueWatcher
  /** Somebody has joined or left here: whoever watches for them is looked at in the next turn. */
  touch(queueId: string, userId: string): void
  /** Tells every process who has been admitted. Lost messages are made up for: who has gone from the line is looked up. */
  publish(queue: LineOf, admitted: Pick<Admitted, 'userIds' | 'expiresAt'>): void
  /** Looks where those stand whose turn it is to be looked at. */
  turn(): Promise<void>
  close(): void
}

/** The watchers of one queue. */
interface Watched {
  queue: Queue
  /** What the line was called when it was looked at last; null: never yet. */
  epoch: string | null
  watchers: Map<string, QueueWatcher>
  /** Who is looked at in which turn; whose turn has been put off since is left out then. */
  turns: QueueWatcher[][]
  unsubscribe(): void
}

export function createBoard({ line, bus, reads, findQueues }: BoardDeps): Board {
  const queues = new Map<string, Watched>()
  let now = 0

  function plan(watched: Watched, watcher: QueueWatcher, seconds: number): void {
    const ahead = Math.min(TURNS_AHEAD - 1, Math.max(1, Math.round((seconds * 1_000) / TURN_MS)))
    watcher.dueAt = now + ahead
    watched.turns[watcher.dueAt % TURNS_AHEAD]?.push(watcher)
  }

  function open(queue: Queue): Watched {
    const watchers = new Map<string, QueueWatcher>()
    const watched: Watched = {
      queue,
      epoch: null,
      watchers,
      turns: Array.from({ length: TURNS_AHEAD }, () => []),
      unsubscribe: bus.subscribe(CHANNELS.queue(queue.eventId), (message) => {
        const told = admittedMessage.safeParse(message)
        if (!told.success || told.data.queueId !== queue.id) return
        for (const userId of told.data.userIds) {
          for (let one = watchers.get(userId) ?? null; one; one = one.sibling)
            admit(watched, one, told.data.until)
        }
      }),
    }
    queues.set(queue.id, watched)
    return watched
  }

  /** Takes out a watcher that has ended, and whoever follows it among those of the same person stays. */
  function remove(watched: Watched, gone: QueueWatcher): void {
    const { watchers, queue } = watched
    const first = watchers.get(gone.userId)
    if (first === gone) {
      if (gone.sibling) watchers.set(gone.userId, gone.sibling)
      else watchers.delete(gone.userId)
    } else {
      for (let one = first; one; one = one.sibling ?? undefined)
        if (one.sibling === gone) one.sibling = gone.sibling
    }
    if (watchers.size > 0 || queues.get(queue.id) !== watched) return
    queues.delete(queue.id)
    watched.unsubscribe()
  }

  function admit({ queue }: Watched, watcher: QueueWatcher, admittedUntil: Date): void {
    watcher.tell({ ...standing(queue, watcher.userId), status: 'ADMITTED', admittedUntil })
    watcher.end()
  }

  function tellPlace(watched: Watched, watcher: QueueWatcher, position: number, waiting: number): void {
    const { queue } = watched
    const told = queue.open ? position : TOLD.beforeOpening
    if (watcher.told !== told) {
      watcher.told = told
      const status = queue.open ? 'WAITING' : 'BEFORE_OPENING'
      watcher.tell({
        ...standing(queue, watcher.userId),
        status,
        position: queue.open ? position : null,
        waiting,
      })
    }
    const toOpening = (queue.opensAt.getTime() - Date.now()) / 1_000 + Math.random() * OPENING_SECONDS
    plan(watched, watcher, queue.open ? secondsToNextLook(queue, position) : toOpening)
  }

  /** Those who are not in the line: admitted, gone, or not there yet. */
  async function tellMissing(watched: Watched, missing: readonly QueueWatcher[]): Promise<void> {
    const { queue } = watched
    const until = await Promise.all(missing.map(({ userId }) => reads.admittedUntil(queue.id, userId)))
    for (const [at, watcher] of missing.entries()) {
      const admittedUntil = until[at]
      if (admittedUntil) {
        admit(watched, watcher, admittedUntil)
        continue
      }
      watcher.place = -1
      if (watcher.told !== TOLD.notJoined) watcher.tell(standing(queue, watcher.userId))
      watcher.told = TOLD.notJoined
      plan(watched, watcher, NOT_JOINED_SECONDS)
    }
  }

  async function look(watched: Watched, some: readonly QueueWatcher[]): Promise<void> {
    const looked = await line.look(
      watched.queue,
      some.map(({ userId }) => userId),
    )
    if (watched.epoch !== null && watched.epoch !== looked.epoch) {
      await restore(watched)
      return look(watched, some)
    }
    watched.epoch = looked.epoch
    const missing: QueueWatcher[] = []
    for (const [at, watcher] of some.entries()) {
      if (watcher.ended) continue
      const found = looked.found[at]
      if (!found) missing.push(watcher)
      else {
        watcher.place = found.place
        tellPlace(watched, watcher, found.rank + 1, looked.waiting)
      }
    }
    if (missing.length > 0) await tellMissing(watched, missing)
  }

  /** Redis has lost the line: all who watch are put back where they were. Whoever was admitted with that place is not again. */
  async function restore(watched: Watched): Promise<void> {
    const { queue, watchers } = watched
    const placed = [...watchers.values()].filter(({ place }) => place >= 0)
    watched.epoch = await line.restore(queue, placed.slice(0, PER_LOOK))
    for (let at = PER_LOOK; at < placed.length; at += PER_LOOK)
      await line.restore(queue, placed.slice(at, at + PER_LOOK))
  }

  async function turnOf(watched: Watched, until: number, from: number): Promise<void> {
    const due: QueueWatcher[] = []
    for (let turn = Math.max(from, until - TURNS_AHEAD) + 1; turn <= until; turn += 1) {
      const noted = watched.turns[turn % TURNS_AHEAD] ?? []
      watched.turns[turn % TURNS_AHEAD] = []
      for (const watcher of noted) if (!watcher.ended && watcher.dueAt <= turn) due.push(watcher)
    }
    // Also with nobody: whether the line is still the same is looked at in each turn.
    for (let at = 0; at === 0 || at < due.length; at += PER_LOOK) {
      const some = due.slice(at, at + PER_LOOK)
      await look(watched, some).catch((error: unknown) => {
        for (const watcher of due.slice(at)) if (!watcher.ended) plan(watched, watcher, NOT_JOINED_SECONDS)
        throw error
      })
    }
  }

  const startedAt = performance.now()
  return {
    watch(queue, userId) {
      const watched = queues.get(queue.id) ?? open(queue)
      const watcher = new QueueWatcher(userId, (gone) => remove(watched, gone))
      watcher.sibling = watched.watchers.get(userId) ?? null
      watched.watchers.set(userId, watcher)
      plan(watched, watcher, 0)
      return watcher
    },

    touch(queueId, userId) {
      const watched = queues.get(queueId)
      if (!watched) return
      for (let one = watched.watchers.get(userId) ?? null; one; one = one.sibling) plan(watched, one, 0)
    },

    publish({ id: queueId, eventId }, { userIds, expiresAt }) {
      for (let at = 0; at < userIds.length; at += PER_MESSAGE) {
        const some = userIds.slice(at, at + PER_MESSAGE)
        bus.publish(CHANNELS.queue(eventId), { queueId, userIds: some, until: expiresAt })
      }
    },

    async turn() {
      const from = now
      now = Math.floor((performance.now() - startedAt) / TURN_MS)
      if (queues.size === 0 || now === from) return
      const known = await findQueues([...queues.keys()])
      for (const watched of queues.values()) {
        watched.queue = known.get(watched.queue.id) ?? watched.queue
        if (watched.queue.enabled) await turnOf(watched, now, from)
        else endAll(watched)
      }
    },

    close() {
      for (const watched of queues.values()) for (const one of watched.watchers.values()) endPerson(one)
    },
  }
}

/** Whoever waited may hold without having been admitted: there is no queue any more. */
function endAll({ queue, watchers }: Watched): void {
  for (const first of watchers.values()) {
    for (let one: QueueWatcher | null = first; one; one = one.sibling)
      one.tell({ ...standing(queue, one.userId), status: 'NOT_REQUIRED', queue: null })
    endPerson(first)
  }
}

function endPerson(first: QueueWatcher): void {
  for (let one: QueueWatcher | null = first; one; ) {
    const next: QueueWatcher | null = one.sibling
    one.end()
    one = next
  }
}

/** Where somebody stands of whom nothing else is known: not in the line. */
export const standing = (queue: Queue, userId: string): QueuePosition => ({
  eventId: queue.eventId,
  userId,
  status: 'NOT_JOINED',
  queue,
  position: null,
  waiting: null,
  admittedUntil: null,
})
