import { BadUserInput } from '@karcis/kit/errors'
import type { Context } from '../deps.ts'
import type { Seat } from '../seat-map/seat.ts'

const MOST_SEATS = 500

/** Seats by id, in the order asked for, null where there is none. @throws BadUserInput for more than 500. */
export function seeSeats({ loaders }: Context, ids: readonly string[]): Promise<(Seat | null)[]> {
  if (ids.length > MOST_SEATS)
    throw new BadUserInput([{ path: 'ids', message: `must name at most ${MOST_SEATS}` }])
  return Promise.all(ids.map((id) => loaders.seat.load(id)))
}
