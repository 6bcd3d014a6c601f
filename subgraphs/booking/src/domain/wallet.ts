import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { type Db, type Deps, transaction, type Tx } from './deps.ts'
import { grantPosting, WALLET_CURRENCY } from './ledger/postings.ts'
import { post } from './ledger/store.ts'

/** What a user has, in the smallest unit of `currency`. */
export interface Wallet {
  balance: number
  currency: string
}

/**
 * Sees to it that a user has a wallet with the sign-up present in it, whoever comes first: the news of the sign-up,
 * the first look, the first payment. The present's reference is unique, so there is one of it.
 * @param grant in rupiah.
 */
export async function openWallet(tx: Tx, userId: string, grant: number): Promise<void> {
  if ((await findWallets(tx, [userId])).has(userId)) return
  if (grant > 0) await post(tx, grantPosting(userId, grant))
  else {
    await tx.$executeRaw`INSERT INTO ledger_accounts (id, kind, owner_id, currency, balance)
      VALUES (${newId()}::uuid, 'WALLET', ${userId}::uuid, ${WALLET_CURRENCY}, 0) ON CONFLICT DO NOTHING`
  }
}

/** Wallets that are open, by user id. */
export async function findWallets(db: Db | Tx, userIds: readonly string[]): Promise<Map<string, Wallet>> {
  const rows = await db.$queryRaw<{ userId: string; balance: bigint; currency: string }[]>`
    SELECT owner_id AS "userId", balance, currency FROM ledger_accounts
    WHERE kind = 'WALLET' AND owner_id = ANY(${userIds}::uuid[]) AND currency = ${WALLET_CURRENCY}`
  return new Map(rows.map((row) => [row.userId, { balance: Number(row.balance), currency: row.currency }]))
}

/** Wallets as the viewer may see them: its own, opened if need be; for an admin all that are open; else null. */
export async function walletsFor(
  deps: Deps,
  viewer: Viewer | null,
  userIds: readonly string[],
): Promise<(Wallet | null)[]> {
  const visible = userIds.filter((id) => viewer !== null && (id === viewer.id || viewer.role === 'ADMIN'))
  if (!viewer || visible.length === 0) return userIds.map(() => null)
  let wallets = await findWallets(deps.db, visible)
  if (visible.includes(viewer.id) && !wallets.has(viewer.id)) {
    await transaction(deps, (tx) => openWallet(tx, viewer.id, deps.settings.SIGNUP_GRANT_IDR))
    wallets = await findWallets(deps.db, visible)
  }
  return userIds.map((id) => wallets.get(id) ?? null)
}
