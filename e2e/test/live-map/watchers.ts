import { setTimeout as pause } from 'node:timers/promises'
import { createWsClient } from '@karcis/testkit/ws-client'
import { type History, pack, STATUSES, weight } from './history.ts'

/** What somebody asks for who watches a map: readable seats, all statuses each time, or all of them once and then deltas. */
export const KINDS = ['seats', 'statuses', 'delta'] as const
type Kind = (typeof KINDS)[number]

const FIELDS: Record<Kind, string> = {
  seats: 'revision snapshot seats { id status }',
  statuses: 'revision snapshot statuses',
  delta: 'revision snapshot delta statuses',
}

interface SeatMapChange {
  revision: number
  snapshot: boolean
  seats?: { id: string; status: (typeof STATUSES)[number] }[]
  statuses?: string
  delta?: string | null
}

/** What a crowd has been told, and what of it was not so. */
export interface Tally {
  connections: number
  changes: number
  snapshots: number
  /** Snapshots that took somebody back to an earlier revision. */
  back: number
  /** Each different state of a map that somebody saw: by kind, its revision, and what it was. */
  readonly seen: Map<string, { kind: Kind; revision: number; state: number | string; times: number }>
  /** What no client could have made sense of. */
  readonly wrong: Map<string, number>
}

export const createTally = (): Tally => ({
  connections: 0,
  changes: 0,
  snapshots: 0,
  back: 0,
  seen: new Map(),
  wrong: new Map(),
})

/** Somebody who watches a map throughout, and comes back whenever the line breaks. */
export interface Watcher {
  readonly kind: Kind
  readonly revision: number
  /** Two bits a seat, as it is seen now. */
  statuses(): string
  /** Breaks the line without a word. */
  drop(): void
}

/** What all of a crowd watch. */
export interface Watched {
  /** Of the router that runs now. */
  url(): string
  eventId: string
  history: Pick<History, 'seatIds'>
  stop: AbortSignal
  tally: Tally
}

const RECONNECT_MS = 300

/** @param since the revision that they say to have; 0 for nothing. */
export function watch(kind: Kind, since: number, watched: Watched): Watcher {
  const { eventId, history, stop, tally } = watched
  const seen = new Uint8Array(history.seatIds.length)
  const indexOf = indicesOf(history.seatIds)
  let [revision, sum, text, hasMap] = [since, 0, '', false]
  let socket: { terminate(): void } | undefined

  function set(index: number, status: number): void {
    sum += weight(index, status) - weight(index, seen[index] ?? 0)
    seen[index] = status
  }

  function take(change: SeatMapChange): void {
    tally.changes += 1
    if (change.snapshot) tally.snapshots += 1
    if (change.snapshot && change.revision < revision) tally.back += 1
    if (!change.snapshot && !hasMap) return note(`${kind}: a change of a map that it does not have`)
    if (!change.snapshot && change.revision <= revision)
      note(`${kind}: an earlier revision, not as a snapshot`)
    hasMap = true
    revision = change.revision
    if (kind === 'seats') takeSeats(change)
    else if (kind === 'statuses') text = change.statuses ?? ''
    else takeDelta(change)
    if (kind !== 'delta') remember(kind === 'seats' ? sum : text)
  }

  function takeSeats({ snapshot, seats = [] }: SeatMapChange): void {
    if (snapshot) {
      if (seats.length !== seen.length) note(`a snapshot of ${seats.length} seats`)
      sum = 0
      seen.fill(0)
      for (const index of seen.keys()) sum += weight(index, 0)
    }
    for (const { id, status } of seats) set(indexOf.get(id) ?? 0, STATUSES.indexOf(status))
  }

  function takeDelta({ snapshot, statuses = '', delta }: SeatMapChange): void {
    if (snapshot) {
      const bytes = Buffer.from(statuses, 'base64')
      for (const index of seen.keys()) seen[index] = ((bytes[index >> 2] ?? 0) >> (6 - 2 * (index & 3))) & 3
      return
    }
    if (delta == null) return note('neither a delta nor a snapshot')
    const words = Buffer.from(delta, 'base64')
    for (let at = 0; at < words.length; at += 4) {
      const word = words.readUInt32BE(at)
      seen[word >>> 2] = word & 3
    }
  }

  function remember(state: number | string): void {
    const key = `${kind} ${revision} ${state}`
    const known = tally.seen.get(key)
    if (known) known.times += 1
    else tally.seen.set(key, { kind, revision, state, times: 1 })
  }

  const note = (what: string): void => void tally.wrong.set(what, (tally.wrong.get(what) ?? 0) + 1)

  /** From a connection to its end. */
  async function follow(): Promise<void> {
    tally.connections += 1
    const { client } = createWsClient(`${watched.url()}/graphql`)
    client.on('opened', (opened) => {
      socket = opened as { terminate(): void }
    })
    const leave = () => socket?.terminate()
    stop.addEventListener('abort', leave)
    await new Promise<void>((resolve) => {
      client.subscribe<{ seatMapChanged: SeatMapChange }>(
        {
          query: `subscription ($id: ID!, $since: Int) { seatMapChanged(eventId: $id, sinceRevision: $since) { ${FIELDS[kind]} } }`,
          variables: { id: eventId, since: revision },
        },
        {
          next: ({ data }) => data && !stop.aborted && take(data.seatMapChanged),
          error: () => resolve(),
          complete: () => resolve(),
        },
      )
    })
    stop.removeEventListener('abort', leave)
    void client.dispose()
  }

  async function followOn(): Promise<void> {
    while (!stop.aborted) {
      await follow()
      await pause(RECONNECT_MS * (0.5 + Math.random()))
    }
  }
  void followOn()
  return {
    kind,
    get revision() {
      return revision
    },
    statuses: () => (kind === 'statuses' ? text : pack(seen)),
    drop: () => socket?.terminate(),
  }
}

const indices = new WeakMap<readonly string[], Map<string, number>>()

/** Made once for all watchers. */
function indicesOf(ids: readonly string[]): Map<string, number> {
  const known = indices.get(ids) ?? new Map(ids.map((id, index) => [id, index]))
  indices.set(ids, known)
  return known
}

/** What was told that the map has never been, at that revision or, of statuses, later. */
export function untold({ seen, wrong }: Tally, history: History): string[] {
  const odd = [...wrong].map(([what, times]) => `${times}x ${what}`)
  for (const { kind, revision, state, times } of seen.values()) {
    const isTrue =
      typeof state === 'number'
        ? history.at(revision).some(({ sum }) => sum === state)
        : history.wasSo(revision, state)
    if (!isTrue) odd.push(`${times}x a map of revision ${revision} that was never so, by ${kind}`)
  }
  return odd
}
