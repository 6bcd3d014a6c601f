import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import {
  HoldBestSeatsOfTier,
  HoldChosenSeats,
  HoldSeatsAndItems,
  MyHeldSeats,
  NamedSeats,
  type PickedHold,
  SeatIds,
  type SeatPlace,
} from '../generated/seat-map/hold.ts'
import { findSeat, type SeatPlan } from './engine/geometry.ts'
import type { SeatDesk } from './picking.ts'

/** Of general admission that goes into the same hold. */
export interface ChosenItem {
  readonly ticketTypeId: string
  readonly quantity: number
}

/** What a hold needs beside the seats, as it is when it is asked for. */
export interface HoldTerms {
  readonly items: readonly ChosenItem[]
  readonly queuePass?: string | undefined
  readonly accessCode?: string | undefined
}

/** Takes seats of an event by the API. @param terms asked for each time. */
export function apiDesk(eventId: string, terms: () => HoldTerms): SeatDesk<PickedHold> {
  const known = new Map<number, string>()

  async function idsOf(seats: readonly number[]): Promise<string[]> {
    const indices = seats.filter((seat) => !known.has(seat))
    if (indices.length > 0) {
      const { seatMap } = await ask(SeatIds, { eventId, indices })
      for (const [at, seat] of (seatMap?.seatsAt ?? []).entries())
        if (seat) known.set(indices[at] ?? -1, seat.id)
    }
    return seats.flatMap((seat) => known.get(seat) ?? [])
  }

  const common = () => {
    const { queuePass, accessCode } = terms()
    return { eventId, ...(queuePass && { queuePass }), ...(accessCode && { accessCode }) }
  }

  return {
    async hold(seats) {
      const seatIds = await idsOf(seats)
      const { items } = terms()
      if (items.length > 0) {
        const input = { ...common(), seatIds, items: [...items] }
        return there((await ask(HoldSeatsAndItems, { input })).holdItems)
      }
      return there((await ask(HoldChosenSeats, { input: { ...common(), seatIds } })).holdSeats)
    },
    async holdBest(ticketTypeId, quantity, wheelchairs) {
      const { items } = terms()
      if (items.length > 0) {
        const input = { ...common(), items: [...items, { ticketTypeId, quantity }] }
        return there((await ask(HoldSeatsAndItems, { input })).holdItems)
      }
      const input = { ...common(), ticketTypeId, quantity, ...(wheelchairs > 0 && { wheelchairs }) }
      return there((await ask(HoldBestSeatsOfTier, { input })).holdBestSeats)
    },
    async find(plan, ids) {
      const byId = new Map([...known].map(([seat, id]) => [id, seat]))
      const others = ids.filter((id) => !byId.has(id))
      const found = others.length > 0 ? (await ask(NamedSeats, { ids: others })).seats : []
      for (const seat of found) if (seat) byId.set(seat.id, indexOf(plan, seat))
      return ids.flatMap((id) => byId.get(id) ?? []).filter((seat) => seat !== -1)
    },
    async mine(plan) {
      known.clear() // of the plan before: a corrected map has other seats in their places
      if (session.value.status !== 'guest' && session.value.status !== 'signed-in') return []
      const { myHolds } = await ask(MyHeldSeats, { eventId })
      return (myHolds ?? [])
        .flatMap(({ seats }) => seats)
        .map((seat) => indexOf(plan, seat))
        .filter((seat) => seat !== -1)
    },
    prepare(seats) {
      idsOf(seats).catch(() => {}) // asked again when they are held
    },
  }
}

const indexOf = (plan: SeatPlan, { section, row, number }: SeatPlace): number =>
  findSeat(plan, section, row, number)

/** A root field of a mutation is null only beside an error, which `ask` throws. */
function there<T>(hold: T | null | undefined): T {
  if (hold === null || hold === undefined) throw new Error('the API gave no hold')
  return hold
}
