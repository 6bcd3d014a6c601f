import type { Logger } from '@karcis/kit/log'
import { isAway } from '@karcis/kit/outages'
import type { Reads } from '@karcis/kit/reads'
import type { Bus } from '@karcis/kit/redis'
import type { Redis } from 'ioredis'
import type { Db } from '../database.ts'
import { admitNext } from './admit.ts'
import { type Board, createBoard, TURN_MS } from './board.ts'
import { createGate, type Gate } from './gate.ts'
import { createLine, type Line } from './line.ts'
import { createQueueReads, findQueues, listOpenQueues, type QueueReads } from './queue-store.ts'

/** The waiting rooms of all events, as far as one process has to do with them. */
export interface WaitingRoom {
  line: Line
  gate: Gate
  board: Board
  reads: QueueReads
  close(): void
}

/**
 * Admits and informs, twice a second, until closed. How late that is, or whether another process does it too, decides over nothing but
 * how soon people hear. @param deps asked for at each turn.
 */
export function createWaitingRoom(
  { redis, bus, log }: { redis: Redis; bus: Bus; log: Logger },
  settings: { KEY_ENCRYPTION_SECRET: string; QUEUE_PASS_SECONDS: number },
  deps: () => { db: Db; reads: Reads },
): WaitingRoom {
  const line = createLine(redis)
  const reads = createQueueReads(deps)
  const gate = createGate(settings.KEY_ENCRYPTION_SECRET, reads)
  const board = createBoard({ line, bus, reads, findQueues: (ids) => findQueues(deps().db, ids) })

  async function admit(): Promise<void> {
    const { db } = deps()
    for (const queue of await listOpenQueues(db)) {
      for (let more = true; more; ) {
        const admitted = await admitNext({ db, line, settings }, queue)
        if (admitted) board.publish(queue, admitted)
        more = admitted?.more ?? false
      }
    }
  }

  /** One after the other: a turn that takes longer than that has the next one left out. */
  function repeat(turn: () => Promise<void>): NodeJS.Timeout {
    let underWay = false
    async function run(): Promise<void> {
      try {
        await turn()
      } catch (error) {
        if (!isAway(error, log)) log.warn({ err: error }, 'the waiting room skipped a turn')
      }
      underWay = false
    }
    return setInterval(() => {
      if (underWay) return
      underWay = true
      void run()
    }, TURN_MS).unref()
  }

  const timers = [repeat(admit), repeat(() => board.turn())]
  return {
    line,
    gate,
    board,
    reads,
    close() {
      for (const timer of timers) clearInterval(timer)
      board.close()
    },
  }
}
