import { transaction } from '@karcis/kit/database'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import { findWallets, listWalletEntries, type Wallet, type WalletEntry } from '../ledger/ledger-store.ts'
import { openWallet } from '../payments/wallet.ts'

export type WalletEntryConnection = Connection<WalletEntry>

/** Wallets that the viewer may see, by user id: their own, opened if need be; for an admin all that are open. */
export async function viewWallets(
  deps: Deps,
  viewer: Viewer | null,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, Wallet>> {
  const visible = userIds.filter((id) => viewer !== null && (id === viewer.id || viewer.role === 'ADMIN'))
  if (!viewer || visible.length === 0) return new Map()
  const wallets = await findWallets(deps.db, visible)
  if (!visible.includes(viewer.id) || wallets.has(viewer.id)) return wallets
  await transaction(deps.db, (tx) => openWallet(tx, viewer.id, deps.settings.SIGNUP_GRANT_IDR))
  return findWallets(deps.db, visible)
}

/** What moved the viewer's wallet, newest first; a wallet that is not open yet is opened. @throws BadUserInput */
export async function viewWalletEntries(
  deps: Deps,
  viewer: Viewer,
  args: PageArgs,
): Promise<WalletEntryConnection> {
  await viewWallets(deps, viewer, [viewer.id])
  return listWalletEntries(deps.db, viewer.id, args)
}
