import { type Geometry, planOf } from '../engine/geometry.ts'
import type { FollowSink, MapSource } from '../engine/live.ts'
import { AVAILABLE, HELD } from '../engine/statuses.ts'
import type { SeatDesk } from '../picking.ts'
import { type HallName, makeHall, randomOf } from './halls.ts'

const TICK_MS = 20

/** A hall that nobody sells, with buyers that there are none of: for looking at the map, and for measuring it. */
export class DemoHall {
  readonly source: MapSource
  readonly desk: SeatDesk<readonly number[]>
  /** How many changes were told. */
  changes = 0
  readonly #statuses: Uint8Array
  #sink: FollowSink | null = null
  #revision = 1

  constructor(name: HallName) {
    const { geometry, statuses, tierOf } = makeHall(name)
    const drawing = JSON.stringify(geometry)
    this.#statuses = statuses
    this.source = {
      read: () =>
        Promise.resolve({ revision: this.#revision, layoutUrl: name, statuses: packed(statuses), tierOf }),
      plan: () => Promise.resolve(planOf(JSON.parse(drawing) as Geometry)),
      follow: (_, sink) => {
        this.#sink = sink
        queueMicrotask(() => sink.connected(true))
        return () => {
          this.#sink = null
        }
      },
    }
    this.desk = {
      hold: (seats) => {
        this.#tell(seats.map((seat) => [seat, HELD]))
        return Promise.resolve(seats)
      },
      holdBest: (_, party) => {
        const first = statuses.findIndex((_, at) =>
          statuses.subarray(at, at + party).every((status) => status === AVAILABLE),
        )
        return this.desk.hold(Array.from({ length: party }, (_, at) => first + at))
      },
      find: (_, ids) => Promise.resolve(ids.map(Number)),
      mine: () => Promise.resolve([]),
    }
  }

  /** Strangers take and let go of so many seats a second. @returns what ends it. */
  crowd(perSecond: number): () => void {
    const random = randomOf(11)
    let owed = 0
    let last = performance.now()
    const timer = setInterval(() => {
      const now = performance.now()
      owed += ((now - last) / 1000) * perSecond
      last = now
      const changes: [number, number][] = []
      for (; owed >= 1; owed--) {
        const seat = Math.floor(random() * this.#statuses.length)
        changes.push([seat, this.#statuses[seat] === AVAILABLE ? HELD : AVAILABLE])
      }
      this.#tell(changes)
    }, TICK_MS)
    return () => clearInterval(timer)
  }

  #tell(changes: readonly (readonly [seat: number, status: number])[]): void {
    const bytes = new DataView(new ArrayBuffer(changes.length * 4))
    for (const [at, [seat, status]] of changes.entries()) {
      this.#statuses[seat] = status
      bytes.setUint32(at * 4, seat * 4 + status)
    }
    this.#revision += 1
    this.changes += changes.length
    const delta = base64(new Uint8Array(bytes.buffer))
    this.#sink?.next({ revision: this.#revision, snapshot: false, delta })
  }
}

/** As the API packs statuses. */
function packed(statuses: Uint8Array): string {
  const bytes = new Uint8Array(Math.ceil(statuses.length / 4))
  for (let seat = 0; seat < statuses.length; seat++)
    bytes[seat >> 2]! |= (statuses[seat] ?? 0) << (6 - 2 * (seat & 3))
  return base64(bytes)
}

const base64 = (bytes: Uint8Array): string => {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}
