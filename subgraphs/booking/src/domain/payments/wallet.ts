import type { Db, Tx } from '../database.ts'
import { InsufficientBalance, WrongCurrency } from '../errors.ts'
import { findWallets, insertPosting, insertWallet, Overdrawn } from '../ledger/ledger-store.ts'
import { grantPosting, paymentPosting, refundPosting, WALLET_CURRENCY, walletOf } from '../ledger/postings.ts'
import type { LedgerProvider } from './provider.ts'

/**
 * Pays out of the buyer's own balance.
 * @param grant what a wallet that is not open yet opens with, in rupiah.
 */
export function createWalletProvider(grant: number): LedgerProvider {
  const charges = (currency: string) => currency === WALLET_CURRENCY
  return {
    kind: 'LEDGER',
    charges,
    async pay(tx, booking) {
      if (!charges(booking.currency)) throw new WrongCurrency(booking.currency, WALLET_CURRENCY)
      await openWallet(tx, booking.userId, grant)
      const posted = await insertPosting(tx, paymentPosting(booking, walletOf(booking.userId)))
      if (!posted) throw new Error(`booking ${booking.id} has a payment already`)
    },
    async refund(tx, booking, { key, amount }) {
      const posted = await insertPosting(tx, refundPosting(booking, walletOf(booking.userId), key, amount))
      if (!posted) throw new Error(`booking ${booking.id} has the refund ${key} already`)
    },
    async mapError(db, { userId, totalPrice, currency }, error) {
      if (!(error instanceof Overdrawn)) return error
      const balance = await balanceOf(db, userId, grant)
      return new InsufficientBalance(balance, totalPrice, currency)
    },
  }
}

/**
 * Sees to it that a user has a wallet with the sign-up grant in it, whichever comes first: the event of the sign-up,
 * the first look, the first payment. The grant's reference is unique, so it is given once.
 * @param grant in rupiah.
 */
export async function openWallet(tx: Tx, userId: string, grant: number): Promise<void> {
  if ((await findWallets(tx, [userId])).has(userId)) return
  if (grant > 0) await insertPosting(tx, grantPosting(userId, grant))
  else await insertWallet(tx, userId)
}

/** Of a wallet that is not open: what it would have opened with. */
const balanceOf = async (db: Db, userId: string, grant: number): Promise<number> =>
  (await findWallets(db, [userId])).get(userId)?.balance ?? grant
