import type { Deps } from '../deps.ts'
import { createBatcher } from '@karcis/kit/group-commit'
import { type ChoosableSeat, groupRows, rowsAround } from '../seat-map/row-store.ts'
import type { TicketType } from '../inventory/ticket-type.ts'
import { ticketTypesById } from '../inventory/ticket-type-store.ts'

const MAX_BATCH = 100

/**
 * What every buyer of a rush reads before taking anything. Those who come while one reading is under way share the next: it begins
 * after all of them have come, so each sees what it would have seen alone.
 */
export interface SharedReads {
  /** Ticket types by id, as far as there are such. */
  ticketTypes(ids: readonly string[]): Promise<Map<string, TicketType>>
  /** Rows of an event, each with all its seats in order, in which at least one of the given seats stands. */
  rowsAround(eventId: string, seatIds: readonly string[]): Promise<ChoosableSeat[][]>
}

/** @param deps asked at each reading. */
export function createSharedReads(deps: () => Deps): SharedReads {
  const types = createBatcher<readonly string[], Map<string, TicketType>>({
    maxBatch: MAX_BATCH,
    async run(_, requests) {
      const found = await ticketTypesById(deps().db, [...new Set(requests.flat())])
      const byId = new Map(found.map((type) => [type.id, type]))
      return requests.map(() => byId)
    },
  })
  const rows = createBatcher<readonly string[], ChoosableSeat[][]>({
    maxBatch: MAX_BATCH,
    async run(eventId, requests) {
      const around = groupRows(await rowsAround(deps().db, eventId, requests.flat()))
      const rowOf = new Map(around.flatMap((row) => row.map((seat) => [seat.id, row])))
      return requests.map((ids) =>
        [...new Set(ids.map((id) => rowOf.get(id)))].filter((row) => row !== undefined),
      )
    },
  })
  return {
    ticketTypes: (ids) => types.submit('', ids),
    rowsAround: (eventId, seatIds) => rows.submit(eventId, seatIds),
  }
}
