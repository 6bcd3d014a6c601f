import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { findPersonalData } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'

/** What is kept here of a user, as JSON. @throws BadUserInput */
export const personalDataOfBookings = ({ db }: Pick<Deps, 'db'>, userId: string): Promise<string> =>
  findPersonalData(db, parseInput(idSchema, userId, 'userId'))
