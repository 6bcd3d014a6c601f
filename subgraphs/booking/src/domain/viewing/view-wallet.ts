import { type Connection, type PageArgs, toConnection } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import { transaction } from '../database.ts'
import type { Deps } from '../deps.ts'
import { newestFirst } from '../keyset.ts'
import {
  countEntries,
  findWallets,
  listEntryPage,
  type Wallet,
  type WalletEntry,
} from '../ledger/ledger-store.ts'
import { openWallet } from '../payments/wallet.ts'

export type WalletEntryConnection = Connection<WalletEntry>

/** Wallets as the viewer may see them: their own, opened if need be; for an admin all that are open; else null. */
export async function viewWallets(
  deps: Deps,
  viewer: Viewer | null,
  userIds: readonly string[],
): Promise<(Wallet | null)[]> {
  const visible = userIds.filter((id) => viewer !== null && (id === viewer.id || viewer.role === 'ADMIN'))
  if (!viewer || visible.length === 0) return userIds.map(() => null)
  let wallets = await findWallets(deps.db, visible)
  if (visible.includes(viewer.id) && !wallets.has(viewer.id)) {
    await transaction(deps.db, (tx) => openWallet(tx, viewer.id, deps.settings.SIGNUP_GRANT_IDR))
    wallets = await findWallets(deps.db, visible)
  }
  return userIds.map((id) => wallets.get(id) ?? null)
}

/** What moved the viewer's wallet, newest first; a wallet that is not open yet is opened. @throws BadUserInput */
export async function listWalletEntries(
  deps: Deps,
  viewer: Viewer,
  args: PageArgs,
): Promise<WalletEntryConnection> {
  const list = newestFirst(args)
  await viewWallets(deps, viewer, [viewer.id])
  return toConnection(
    await listEntryPage(deps.db, viewer.id, list),
    list.page,
    (entry) => [entry.id],
    () => countEntries(deps.db, viewer.id),
  )
}
