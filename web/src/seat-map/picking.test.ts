import { signal } from '@preact/signals'
import { expect, it } from 'vitest'
import { PackedStatuses } from '../../../subgraphs/ticket/src/domain/seat-map/statuses.ts'
import { planOf } from './engine/geometry.ts'
import type { FollowSink, MapSource } from './engine/live.ts'
import { Picking, type SeatDesk } from './picking.ts'

/** A hall of one row, of which the organizer can take seats away. */
class Row {
  seats: number
  follower: FollowSink | null = null
  readonly source: MapSource = {
    read: () =>
      Promise.resolve({
        revision: 1,
        layoutUrl: `/${this.seats}`,
        statuses: new PackedStatuses(this.seats).toBase64(),
        tierOf: () => ({ id: 'a', name: 'A', description: null, price: 1, currency: 'IDR', onSale: true }),
      }),
    plan: () => Promise.resolve(planOf(rowOf(this.seats))),
    follow: (_, sink) => {
      this.follower = sink
      return () => {}
    },
  }

  constructor(seats: number) {
    this.seats = seats
  }

  correct(seats: number): void {
    this.seats = seats
    this.follower?.next({ revision: 2, snapshot: true })
  }
}

const rowOf = (count: number): Parameters<typeof planOf>[0] => ({
  format: 'karcis-seat-geometry/1',
  seatSize: 10,
  seatCount: count,
  bounds: { x: 0, y: 0, width: count * 10, height: 0 },
  stage: null,
  floors: [],
  sections: [
    {
      name: 'Stalls',
      floor: null,
      outline: null,
      tables: [],
      rows: [
        {
          label: 'A',
          count,
          x: { from: 0, step: 10 },
          y: { from: 0, step: 0 },
          numbers: { from: 1, step: 1 },
        },
      ],
    },
  ],
  standing: [],
  labels: [],
})

const nothing = () => Promise.reject(new Error('nothing is held here'))
const DESK: SeatDesk<never> = {
  hold: nothing,
  holdBest: nothing,
  find: nothing,
  mine: () => Promise.resolve([]),
}

it('tells nothing more of seats of a map that has been corrected', async () => {
  const row = new Row(20)
  const picking = new Picking({
    source: row.source,
    load: () => Promise.resolve({ hold: nothing }),
    desk: () => DESK,
    party: signal(2),
    beforeHold: () => Promise.resolve(true),
    held: () => {},
    failed: () => false,
  })
  picking.open()
  try {
    await expect.poll(() => picking.hall.value?.plan.seatCount).toBe(20)
    picking.hall.value?.change([[19, 1]])
    picking.tap(19)
    expect(picking.note.value).toEqual({ kind: 'taken', seat: 19 })
    row.correct(8) // there is no seat 19 now that could be named
    await expect.poll(() => picking.hall.value?.plan.seatCount).toBe(8)
    expect(picking.note.value).toBe(null)
  } finally {
    picking.close()
  }
})
