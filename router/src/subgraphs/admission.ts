import { ServiceUnavailable } from '@karcis/kit/errors'
import type { RouterLimits } from '../settings.ts'
import { NobodyWaits, type Waiting } from './waiting.ts'

/** More is asked of a subgraph than it answers. Nothing of what was asked was begun. */
export class Overloaded extends ServiceUnavailable {
  constructor() {
    super(
      'More people ask just now than can be served. Nothing was done; try again in a moment.',
      RETRY_AFTER_SECONDS,
    )
  }
}

const RETRY_AFTER_SECONDS = 2
/** One for everybody: to make an error costs as much as all the rest of a refusal. */
const OVERLOADED = new Overloaded()
/** How often it is looked who has waited too long. */
const SWEEP_MS = 50

/** Has mutations wait for each other before they leave for a subgraph, and no longer than it makes sense to. */
export interface Admission {
  /**
   * Waits for its turn; whoever had it calls `leave` afterwards. First come, first served.
   * @throws Overloaded when it does not come in time; NobodyWaits when the client has gone meanwhile.
   */
  enter(waiting: Waiting | undefined): Promise<void>
  leave(): void
  close(): void
}

/** Somebody who waits for their turn. A class, as they may be thousands. */
class Waiter {
  readonly waiting: Waiting | undefined
  readonly since = performance.now()
  readonly turn = Promise.withResolvers<void>()

  constructor(waiting: Waiting | undefined) {
    this.waiting = waiting
  }
}

/**
 * A subgraph is quickest with so many mutations under way; more at once only wait for the same rows there, until those who asked first have
 * lost patience, and all the work goes into answers that nobody hears. So more than that wait here, where it costs next to nothing, and who has
 * gone meanwhile is passed over. A burst is let through as a whole if that takes no more than some seconds. Where people have stood in line
 * for longer than that, more keep coming than are served: then nobody waits for more than a second and a half. A refusal comes no sooner, for it would
 * be asked again at once, and to refuse would be all that the router does.
 */
export function createAdmission(
  limits: Pick<RouterLimits, 'mutationsUnderWay' | 'mutationsWaiting' | 'mutationBurstMs' | 'mutationWaitMs'>,
): Admission {
  const { mutationsUnderWay, mutationsWaiting, mutationBurstMs, mutationWaitMs } = limits
  let underWay = 0
  let queue: Waiter[] = []
  /** The first in the queue that still waits. */
  let first = 0
  /** Since when there has always been somebody in it. */
  let lineSince = 0
  let sweeping: NodeJS.Timeout | undefined

  function sweep(): void {
    const now = performance.now()
    const most = now - lineSince < mutationBurstMs ? mutationBurstMs : mutationWaitMs
    for (; first < queue.length && now - (queue[first]?.since ?? 0) >= most; first++)
      queue[first]?.turn.reject(OVERLOADED)
    tidy()
  }

  function tidy(): void {
    if (first < queue.length && first < queue.length / 2) return
    queue = queue.slice(first)
    first = 0
    if (queue.length > 0) return
    clearInterval(sweeping)
    sweeping = undefined
  }

  return {
    async enter(waiting) {
      if (underWay < mutationsUnderWay) {
        underWay += 1
        return
      }
      if (queue.length - first >= mutationsWaiting) throw OVERLOADED
      const waiter = new Waiter(waiting)
      if (queue.length === 0) lineSince = waiter.since
      queue.push(waiter)
      sweeping ??= setInterval(sweep, SWEEP_MS).unref()
      return waiter.turn.promise
    },

    leave() {
      for (; first < queue.length; first++) {
        const waiter = queue[first]
        if (waiter && !waiter.waiting?.isOver) {
          first += 1
          waiter.turn.resolve()
          return tidy()
        }
        waiter?.turn.reject(new NobodyWaits())
      }
      underWay -= 1
      tidy()
    },

    close() {
      clearInterval(sweeping)
      for (const waiter of queue.slice(first)) waiter.turn.reject(new NobodyWaits())
      queue = []
      first = 0
    },
  }
}
