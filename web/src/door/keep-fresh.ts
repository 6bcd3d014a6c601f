import type { ApiError } from '../api/api-error.ts'
import type { DoorChangesResult } from '../generated/door/door.ts'
import type { Door } from './door.ts'

/** Listens to `checkInRecorded` of an event as the scanner. @returns what ends it. */
export type DoorWatch = (
  variables: { eventId: string; sinceRevision: number | null },
  sink: {
    next(data: DoorChangesResult): void
    error(error: ApiError): void
    state(state: 'live' | 'reconnecting'): void
  },
) => () => void

/** How often it is asked for what has changed: while changes are told, while they are not, and while nobody looks. */
const TOLD_MS = 10_000
const UNTOLD_MS = 2_000
const HIDDEN_MS = 30_000

/**
 * Keeps a door fresh for as long as it is open: its list of tickets, its counts, and what waits to be sent. What other doors do comes by
 * subscription; that each change asks anew at most once a second keeps a rush from becoming one of requests.
 * @returns what ends it.
 */
export function keepFresh(door: Door, watch: DoorWatch): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stopped = false
  let isTold = false
  let leave: (() => void) | null = null
  let isTicking = false
  let isDue = false

  async function tick(): Promise<void> {
    isDue = isTicking
    if (isTicking || stopped) return
    isTicking = true
    clearTimeout(timer)
    await door.refresh()
    if (door.link.value === 'live') await door.recount()
    isTicking = false
    if (stopped) return
    if (door.link.value === 'live') leave ??= listen()
    timer = setTimeout(now, isDue ? 1_000 : document.hidden ? HIDDEN_MS : isTold ? TOLD_MS : UNTOLD_MS)
  }

  const listen = (): (() => void) =>
    watch(
      { eventId: door.scanner.eventId, sinceRevision: door.counts.value?.revision ?? null },
      {
        next({ checkInRecorded: { checkIns } }) {
          void door.hear(checkIns)
          soon()
        },
        error() {
          isTold = false
          leave = null
        },
        state(state) {
          isTold = state === 'live'
        },
      },
    )

  /** Within a second, however many changes are told until then. */
  function soon(): void {
    isDue = true
    if (isTicking) return
    clearTimeout(timer)
    timer = setTimeout(now, 500)
  }

  const now = (): void => void tick()
  const looked = (): void => {
    if (document.hidden) void door.keepBundle()
    else now()
  }
  addEventListener('online', now)
  document.addEventListener('visibilitychange', looked)
  now()
  return () => {
    stopped = true
    clearTimeout(timer)
    leave?.()
    removeEventListener('online', now)
    document.removeEventListener('visibilitychange', looked)
  }
}
