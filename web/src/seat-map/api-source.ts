import { ask } from '../api/ask.ts'
import { subscribe } from '../api/subscribe.ts'
import { SeatMapChanges, SeatMapOfEvent } from '../generated/seat-map/seat-map.ts'
import { type Geometry, planOf } from './engine/geometry.ts'
import type { MapSource } from './engine/live.ts'

/** An event's seat map, as the API has it. */
export function apiSource(eventId: string): MapSource {
  return {
    async read(signal) {
      const { seatMap } = await ask(SeatMapOfEvent, { eventId }, { signal })
      if (!seatMap) return null
      const tiers = new Map(
        seatMap.sections.flatMap(({ name, ticketType }) =>
          ticketType ? [[name, { ...ticketType, onSale: isOnSale(ticketType.saleStatus) }] as const] : [],
        ),
      )
      return { ...seatMap, tierOf: (section) => tiers.get(section) }
    },
    async plan(layoutUrl, signal) {
      const answer = await fetch(layoutUrl, { signal })
      if (!answer.ok) throw new Error(`the drawing is not there: ${answer.status}`)
      return planOf((await answer.json()) as Geometry)
    },
    follow: (revision, sink) =>
      subscribe(
        SeatMapChanges,
        { eventId, revision },
        {
          next: ({ seatMapChanged }) => sink.next(seatMapChanged),
          error: () => sink.ended(),
          complete: () => sink.ended(),
          state: (state) => sink.connected(state === 'live'),
        },
      ),
  }
}

/** Also with nothing left: what is held may come back. */
const isOnSale = (status: string): boolean => status === 'ON_SALE' || status === 'SOLD_OUT'
