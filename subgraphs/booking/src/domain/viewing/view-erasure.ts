import type { WalletsForErasure } from '@karcis/kit/contracts/bound-hold'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { countPayable } from '../bookings/booking-store.ts'
import type { Deps } from '../deps.ts'
import { countTopUps } from '../payments/payment-store.ts'
import { listBalances } from '../ledger/ledger-store.ts'
import { listEventBalances } from '../payouts/balance-store.ts'
import { listPayoutsUnderWay } from '../payouts/payout-store.ts'
import { countUnfinishedRefunds } from '../refunds/request-store.ts'

/**
 * What a user would lose with their account: money, also what is on its way to a wallet or a bank account, and bookings that can still be paid.
 * @throws BadUserInput
 */
export async function viewErasure(
  { db, settings }: Pick<Deps, 'db' | 'settings'>,
  rawUserId: string,
): Promise<WalletsForErasure> {
  const userId = parseInput(idSchema, rawUserId, 'userId')
  const [balances, pendingBookings, pendingTopUps, pendingRefunds, ofEvents, onItsWay] = await Promise.all([
    listBalances(db, userId),
    countPayable(db, userId),
    countTopUps(db, userId),
    countUnfinishedRefunds(db, userId),
    listEventBalances(db, userId, settings.PAYOUT_HOLD_DAYS),
    listPayoutsUnderWay(db, userId),
  ])
  const owed = new Map<string, number>()
  for (const { currency, sales, tax, collected } of ofEvents)
    owed.set(currency, (owed.get(currency) ?? 0) + sales + tax - collected)
  for (const { currency, amount } of onItsWay) owed.set(currency, (owed.get(currency) ?? 0) + amount)
  const moneyOwed = [...owed]
    .filter(([, balance]) => balance > 0)
    .map(([currency, balance]) => ({ currency, balance }))
  return { balances, pendingBookings, pendingTopUps, pendingRefunds, moneyOwed }
}
