import { importMutant } from '@karcis/testkit/code-mutants'
import { describe, expect, it } from 'vitest'
import { PackedStatuses, packDelta } from '../../../../subgraphs/ticket/src/domain/seat-map/statuses.ts'
import { randomOf } from '../demo/halls.ts'
import { planOf } from './geometry.ts'
import type { Hall } from './hall.ts'
import type * as live from './live.ts'
import { type FollowSink, followSeatMap, type MapChange, type MapSource } from './live.ts'

const STATUSES = ['AVAILABLE', 'HELD', 'SOLD', 'BLOCKED'] as const
const SEATS = 24

/** A server's map, and what it tells whoever follows: as the API does, over connections that a test breaks. */
class ServedMap {
  layoutUrl = '/seat-layouts/1.json'
  statuses = new Uint8Array(SEATS)
  revision = 1
  /** Revision that each seat changed with. */
  readonly #since = new Uint32Array(SEATS * 2)
  /** How many seats each drawing has. */
  readonly drawings = new Map([[this.layoutUrl, SEATS]])
  readonly followers = new Set<Follower>()
  /** Whoever has less is told the whole map. */
  #whole = 0

  change(seat: number, status: number): void {
    const at = seat % this.statuses.length
    this.statuses[at] = status
    this.revision += 1
    this.#since[at] = this.revision
    for (const follower of this.followers) follower.inFlight.push(this.#delta([at]))
  }

  /** Everything after a revision. */
  since(revision: number): MapChange {
    if (revision < this.#whole) return this.snapshot()
    return this.#delta([...this.statuses.keys()].filter((seat) => (this.#since[seat] ?? 0) > revision))
  }

  snapshot(): MapChange {
    return { revision: this.revision, snapshot: true, delta: null }
  }

  /** Somebody corrects the map: other seats, another drawing. */
  correct(seats: number): void {
    this.#whole = this.revision += 1
    this.layoutUrl = `/seat-layouts/${this.revision}.json`
    this.drawings.set(this.layoutUrl, seats)
    this.statuses = Uint8Array.from({ length: seats }, (_, seat) => this.statuses[seat] ?? 0)
    for (const follower of this.followers)
      follower.inFlight.push({ ...this.snapshot(), snapshot: false }, this.snapshot())
  }

  /** A database comes back as it was: what is known of it since holds no more. */
  restore(statuses: Uint8Array): void {
    this.statuses = Uint8Array.from(this.statuses, (_, seat) => statuses[seat] ?? 0)
    this.#whole = this.revision += 1
    for (const follower of this.followers) follower.inFlight.push(this.snapshot())
  }

  packed(): string {
    const packed = new PackedStatuses(this.statuses.length)
    for (const [seat, status] of this.statuses.entries()) packed.set(seat, STATUSES[status] ?? 'AVAILABLE')
    return packed.toBase64()
  }

  #delta(seats: readonly number[]): MapChange {
    const changed = seats.map((index) => ({
      index,
      status: STATUSES[this.statuses[index] ?? 0] ?? 'AVAILABLE',
    }))
    return { revision: this.revision, snapshot: false, delta: packDelta(changed) }
  }
}

/** One subscription. What is in flight arrives when the test lets it. */
interface Follower {
  readonly from: number
  readonly sink: FollowSink
  inFlight: MapChange[]
}

const drawing = (seats: number) =>
  planOf({
    format: 'karcis-seat-geometry/1',
    seatSize: 20,
    seatCount: seats,
    bounds: { x: 0, y: 0, width: seats * 24, height: 0 },
    stage: null,
    floors: [],
    standing: [],
    labels: [],
    sections: [
      {
        name: 'Stalls',
        floor: null,
        outline: null,
        tables: [],
        rows: [
          {
            label: 'A',
            count: seats,
            x: { from: 0, step: 24 },
            y: { from: 0, step: 0 },
            numbers: { from: 1, step: 1 },
          },
        ],
      },
    ],
  })

/** Until all that was promised has been done. */
const settle = async () => {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** One history, by chance but the same for the same seed. @returns what the follower and the server have at its end. */
async function history(
  seed: number,
  follow: typeof followSeatMap,
): Promise<{ client: number[]; server: number[] }> {
  const random = randomOf(seed)
  const upTo = (most: number) => Math.floor(random() * most)
  const map = new ServedMap()
  let hall: Hall | null = null
  let broken = false
  const source: MapSource = {
    async read() {
      await Promise.resolve()
      if (broken) throw new Error('not reached')
      const { revision, layoutUrl } = map
      // Statuses are as of the revision or a moment later.
      if (random() < 0.3) map.change(upTo(SEATS), upTo(4))
      return { revision, layoutUrl, statuses: map.packed(), tierOf: () => undefined }
    },
    plan: (layoutUrl) => Promise.resolve(drawing(map.drawings.get(layoutUrl) ?? 0)),
    follow(revision, sink) {
      const follower = { from: revision, sink, inFlight: [map.since(revision)] }
      map.followers.add(follower)
      return () => map.followers.delete(follower)
    },
  }
  const deliver = (follower: Follower, count: number) => {
    for (let told = 0; told < count && map.followers.has(follower); told++) {
      const change = follower.inFlight.shift()
      if (!change) return
      follower.sink.next(change)
      if (random() < 0.2 && map.followers.has(follower)) follower.sink.next(change) // told twice
    }
  }
  const end = follow(source, { hall: (next) => (hall = next), state: () => {} }, () => settle())
  await settle()
  const kept = map.statuses.slice()
  for (let step = 0; step < 60; step++) {
    const [follower] = map.followers
    const what = random()
    if (what < 0.45) map.change(upTo(SEATS), upTo(4))
    else if (what < 0.7 && follower) deliver(follower, 1 + upTo(4))
    else if (what < 0.78 && follower && follower.inFlight.length > 1) follower.inFlight.reverse()
    else if (what < 0.84 && follower) {
      // Lost on the way, then told again by the transport from where the subscription began.
      follower.inFlight = []
      follower.sink.connected(false)
      if (map.followers.has(follower)) follower.inFlight.push(map.since(follower.from))
      for (const each of map.followers) each.sink.connected(true)
    } else if (what < 0.9 && follower) {
      follower.inFlight = []
      map.followers.delete(follower)
      follower.sink.ended()
    } else if (what < 0.94) broken = !broken
    else if (what < 0.96) map.correct(SEATS - 4 + upTo(8))
    else if (what < 0.98) map.restore(kept)
    if (random() < 0.5) await settle()
    // A socket keeps the order of what it brings: what has overtaken something is followed by it.
    for (const each of map.followers) if (isTurned(each)) deliver(each, each.inFlight.length)
  }
  broken = false
  for (let turn = 0; turn < 12; turn++) {
    await settle()
    for (const follower of map.followers) deliver(follower, Infinity)
  }
  end()
  expect(map.followers.size).toBe(0)
  return { client: hall ? statusesOf(hall) : [], server: [...map.statuses] }
}

const statusesOf = (hall: Hall): number[] =>
  Array.from({ length: hall.plan.seatCount }, (_, seat) => hall.statusOf(seat))

const isTurned = ({ inFlight }: Follower): boolean =>
  inFlight.some((change, at) => change.revision < (inFlight[at - 1]?.revision ?? 0))

describe('a map that is followed', () => {
  it('ends as the server has it, whatever is told twice, late, or lost with its connection', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { client, server } = await history(seed, followSeatMap)
      expect(client, `history ${seed}`).toEqual(server)
    }
  })

  it.each([
    ['looks whether a revision goes back', ' || change.revision < revision', ''],
    ['begins again with a snapshot', 'change.snapshot || !hall', '!hall'],
    ['goes on from its last revision', 'const from = revision', 'const from = revision + 1'],
  ])('would end otherwise if nothing %s', async (_, guard, without) => {
    const mutant = await importMutant<typeof live>(new URL('live.ts', import.meta.url), [[guard, without]])
    let wrong = 0
    for (let seed = 1; seed <= 300 && wrong === 0; seed++) {
      const { client, server } = await history(seed, mutant.followSeatMap)
      if (client.join() !== server.join()) wrong += 1
    }
    expect(wrong).toBe(1)
  })

  it('says that there is none, and why it cannot be read', async () => {
    const states: string[] = []
    const source: MapSource = {
      read: () => Promise.resolve(null),
      plan: () => Promise.reject(new Error('not asked')),
      follow: () => () => {},
    }
    const listeners = { hall: () => {}, state: (state: string) => states.push(state) }
    followSeatMap(source, listeners)()
    const end = followSeatMap(source, listeners)
    await settle()
    end()
    expect(states).toEqual(['reading', 'reading', 'none'])
  })
})
