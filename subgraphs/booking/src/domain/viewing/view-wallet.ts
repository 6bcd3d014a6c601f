import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '@karcis/kit/database'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { Deps } from '../deps.ts'
import {
  findAllWallets,
  findWallets,
  insertWallet,
  listWalletEntries,
  type Wallet,
  type WalletEntry,
} from '../ledger/ledger-store.ts'

export type WalletEntryConnection = Connection<WalletEntry>

/** For so long somebody is new: the word that they have signed up, which opens their wallet, may still be on its way. */
const NEW_MS = 60_000
/** How long the first look waits for it, and how often it looks. */
const PATIENCE_MS = 1_500
const PAUSE_MS = 25

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
  await openOwn(deps, viewer.id)
  return findWallets(deps.db, visible)
}

/** All wallets that the viewer may see, by user id: their own, at least the first of them, which is opened if need be; for an admin all that are open. */
export async function viewAllWallets(
  deps: Deps,
  viewer: Viewer | null,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, Wallet[]>> {
  const visible = [...(await viewWallets(deps, viewer, userIds)).keys()]
  return findAllWallets(deps.db, visible)
}

/** Waits a moment for the wallet of somebody new, which comes with the sign-up grant; then opens an empty one, which it may still come to. */
async function openOwn({ db }: Deps, userId: string): Promise<void> {
  const until = isNew(userId) ? Date.now() + PATIENCE_MS : 0
  while (Date.now() < until) {
    await sleep(PAUSE_MS)
    if ((await findWallets(db, [userId])).has(userId)) return
  }
  await transaction(db, (tx) => insertWallet(tx, userId))
}

/** An id tells when it was made: the first 48 bits of a UUIDv7 are milliseconds since the epoch. */
const isNew = (id: string): boolean =>
  Date.now() - Number.parseInt(id.replace('-', '').slice(0, 12), 16) < NEW_MS

/** What moved the viewer's wallets, newest first; a wallet that is not open yet is opened. @throws BadUserInput */
export async function viewWalletEntries(
  deps: Deps,
  viewer: Viewer,
  args: PageArgs,
): Promise<WalletEntryConnection> {
  await viewWallets(deps, viewer, [viewer.id])
  return listWalletEntries(deps.db, viewer.id, args)
}
