import { MOST_ASKED_BUYERS } from '@karcis/kit/contracts/past-buyers'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import { findBuyersOf } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'

const asked = z.object({ organizerId: idSchema, userIds: z.array(idSchema).max(MOST_ASKED_BUYERS) })

/** Who of these people has paid for something, and not had all of it back, of an event that this organizer has now. @throws BadUserInput */
export async function viewPastBuyers(
  { db }: Pick<Deps, 'db'>,
  organizerId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const input = parseInput(asked, { organizerId, userIds })
  return findBuyersOf(db, input.organizerId, input.userIds)
}
