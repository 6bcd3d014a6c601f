import type { WalletsForErasure } from '@karcis/kit/contracts/bound-hold'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { countPayable } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { countTopUps } from '../payments/payment-store.ts'
import { listBalances } from '../ledger/ledger-store.ts'

/** What a user would lose with their account: money, also what is on its way to a wallet, and bookings that can still be paid. @throws BadUserInput */
export async function viewErasure({ db }: Deps, rawUserId: string): Promise<WalletsForErasure> {
  const userId = parseInput(idSchema, rawUserId, 'userId')
  const [balances, pendingBookings, pendingTopUps] = await Promise.all([
    listBalances(db, userId),
    countPayable(db, userId),
    countTopUps(db, userId),
  ])
  return { balances, pendingBookings, pendingTopUps }
}
