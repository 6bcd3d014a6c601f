import type { ServiceName } from '../contracts/subgraphs.ts'

/** What one other service may ask of this process: so many requests under way, and so many a second after so many at once. */
const UNDER_WAY = 256
const PER_SECOND = 5_000
const AT_ONCE = 10_000

/** Limits of one caller. */
export interface CallerLimits {
  underWay: number
  perSecond: number
  atOnce: number
}

/** Keeps one service from taking all that a process of another has to give, as one does that goes wrong in a loop. */
export interface Callers {
  /** @returns whether a request of that service may be begun; then `leave` follows. */
  enter(service: ServiceName): boolean
  leave(service: ServiceName): void
  /** How many requests were refused so far. */
  readonly refused: number
}

/** The router has as much as it asks for: it keeps what is for one subgraph within bounds of its own, since it stands for all who buy. */
const UNLIMITED: ServiceName = 'router'

export function createCallers(
  limits: CallerLimits = { underWay: UNDER_WAY, perSecond: PER_SECOND, atOnce: AT_ONCE },
): Callers {
  const callers = new Map<ServiceName, { underWay: number; left: number; at: number }>()
  let refused = 0

  return {
    enter(service) {
      if (service === UNLIMITED) return true
      const now = performance.now()
      const caller = callers.get(service) ?? { underWay: 0, left: limits.atOnce, at: now }
      callers.set(service, caller)
      caller.left = Math.min(limits.atOnce, caller.left + ((now - caller.at) / 1_000) * limits.perSecond)
      caller.at = now
      if (caller.underWay >= limits.underWay || caller.left < 1) {
        refused += 1
        return false
      }
      caller.left -= 1
      caller.underWay += 1
      return true
    },
    leave(service) {
      const caller = callers.get(service)
      if (caller) caller.underWay -= 1
    },
    get refused() {
      return refused
    },
  }
}
