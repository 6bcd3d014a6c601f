import type { Tx } from '../database.ts'
import { InsufficientBalance, WrongCurrency } from '../errors.ts'
import {
  findWallets,
  insertGrant,
  insertPosting,
  insertPostings,
  insertWallet,
  Overdrawn,
} from '../ledger/ledger-store.ts'
import { grantPosting, paymentPosting, refundPosting, WALLET_CURRENCY, walletOf } from '../ledger/postings.ts'
import type { LedgerProvider } from './provider.ts'

/**
 * Pays out of the buyer's own balance.
 * @param canTopUp whether a wallet in a currency can be filled; what every wallet is opened in can always be charged.
 */
export function createWalletProvider(canTopUp: (currency: string) => boolean): LedgerProvider {
  const charges = (currency: string) => currency === WALLET_CURRENCY || canTopUp(currency)
  return {
    kind: 'LEDGER',
    charges,
    async pay(tx, bookings) {
      for (const [currency, its] of Map.groupBy(bookings, (booking) => booking.currency)) {
        if (!charges(currency)) throw new WrongCurrency(currency, WALLET_CURRENCY)
        await insertPostings(
          tx,
          its.map((booking) => paymentPosting(booking, walletOf(booking.userId))),
        )
      }
    },
    refundPosting: (booking, { key, share }) => refundPosting(booking, walletOf(booking.userId), key, share),
    async refund(tx, booking, { key, share }) {
      const posted = await insertPosting(tx, this.refundPosting(booking, { key, share }))
      if (!posted) throw new Error(`booking ${booking.id} has the refund ${key} already`)
    },
    async mapError(db, { userId, amount, currency }, error) {
      if (!(error instanceof Overdrawn)) return error
      const balance = (await findWallets(db, [userId], currency)).get(userId)?.balance ?? 0
      return new InsufficientBalance(balance, amount, currency)
    },
  }
}

/**
 * Opens the wallet of somebody who has signed up, with the sign-up grant in it unless the person was given one before.
 * @param person what tells people apart, however often they sign up; null where nobody knows.
 * @param grant in rupiah.
 */
export async function openWallet(
  tx: Tx,
  userId: string,
  person: string | null,
  grant: number,
): Promise<void> {
  await insertWallet(tx, userId)
  if (grant > 0 && (await insertGrant(tx, userId, person)))
    await insertPosting(tx, grantPosting(userId, grant))
}
