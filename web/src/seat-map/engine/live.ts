import type { SeatPlan } from './geometry.ts'
import { Hall, type Tier } from './hall.ts'
import { readDelta, unpackStatuses } from './statuses.ts'

/** A map as it was read: `SeatMap` of the API. */
export interface MapReading {
  readonly revision: number
  readonly layoutUrl: string
  readonly statuses: string
  readonly tierOf: (section: string) => Tier | undefined
}

/** `SeatMapChange` of the API. */
export interface MapChange {
  readonly revision: number
  readonly snapshot: boolean
  readonly delta?: string | null
}

/** Where a map comes from. */
export interface MapSource {
  /** The map as it is; null when the event has none. */
  read(signal: AbortSignal): Promise<MapReading | null>
  /** Where its seats stand. */
  plan(layoutUrl: string, signal: AbortSignal): Promise<SeatPlan>
  /** Everything after a revision, in order, then what is new. @returns what ends it. */
  follow(revision: number, sink: FollowSink): () => void
}

export interface FollowSink {
  next(change: MapChange): void
  /** It has ended, for whatever reason. */
  ended(): void
  /** Its connection was lost and is being made again; later, whether it is there. */
  connected(is: boolean): void
}

export type LiveState = 'reading' | 'live' | 'reconnecting' | 'none' | 'failed'

interface LiveListeners {
  /** There is a hall, or another one: the map was corrected. */
  hall(hall: Hall): void
  state(state: LiveState, error?: unknown): void
}

/** Time that passes; a test gives its own. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000

/**
 * Keeps a hall as the server has it, until it is stopped.
 *
 * Changes come in order, each told once ("these seats are so now"), and nothing in between is missing as long as a subscription lasts. So
 * it goes on from its last revision after any interruption, and reads the whole map again where it cannot know what it missed: a snapshot, a
 * revision that goes back, a seat that there is none of.
 */
export function followSeatMap(source: MapSource, listeners: LiveListeners, wait: Wait = after): () => void {
  const stopping = new AbortController()
  let hall: Hall | null = null
  let layoutUrl = ''
  let revision = 0
  let failures = 0
  let leave = () => {}

  async function begin(): Promise<void> {
    leave()
    if (!hall) listeners.state('reading')
    try {
      const reading = await source.read(stopping.signal)
      if (stopping.signal.aborted) return
      if (!reading) return listeners.state('none')
      await take(reading)
      if (stopping.signal.aborted) return
      failures = 0
      follow()
    } catch (error) {
      if (stopping.signal.aborted) return
      listeners.state(hall ? 'reconnecting' : 'failed', error)
      await again(begin)
    }
  }

  async function take(reading: MapReading): Promise<void> {
    if (hall && reading.layoutUrl === layoutUrl) {
      hall.replace(unpackStatuses(reading.statuses, hall.plan.seatCount))
    } else {
      const plan = await source.plan(reading.layoutUrl, stopping.signal)
      if (stopping.signal.aborted) return
      hall = new Hall(plan, unpackStatuses(reading.statuses, plan.seatCount), reading.tierOf)
      layoutUrl = reading.layoutUrl
      listeners.hall(hall)
    }
    revision = reading.revision
  }

  function follow(): void {
    leave()
    const from = revision
    let over = false
    const end = source.follow(from, {
      next(change) {
        if (over) return
        failures = 0
        if (!apply(change)) void begin()
      },
      ended() {
        if (over) return
        leave()
        listeners.state('reconnecting')
        void again(follow)
      },
      connected(is) {
        if (over) return
        listeners.state(is ? 'live' : 'reconnecting')
        // The connection would be asked from where this subscription began, and tell again what is known since.
        if (!is && revision !== from) follow()
      },
    })
    leave = () => {
      over = true
      leave = () => {}
      end()
    }
  }

  /** @returns false when the map has to be read again. */
  function apply(change: MapChange): boolean {
    if (change.snapshot || !hall || change.revision < revision) return false
    if (change.delta == null) return true // corrected since: its snapshot follows
    const changes: [number, number][] = []
    readDelta(change.delta, (seat, status) => changes.push([seat, status]))
    try {
      hall.change(changes)
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    }
    revision = change.revision
    return true
  }

  async function again(what: () => void | Promise<void>): Promise<void> {
    const most = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++)
    await wait(most / 2 + (Math.random() * most) / 2, stopping.signal)
    if (!stopping.signal.aborted) await what()
  }

  void begin()
  return () => {
    stopping.abort()
    leave()
  }
}

function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
