import type { Tx } from '../../database.ts'
import { updateUnsubscribed } from '../campaigns/campaign-store.ts'
import { KINDS, type NotificationKind } from '../kinds.ts'
import { moveWaitingToDead, type Switch, updateSwitchOff } from './unsubscribe-store.ts'

/** Sends somebody no more of a group of kinds by a channel, and nothing of it that waits. It may come again. */
export async function switchOff(tx: Tx, what: Switch): Promise<void> {
  const { userId, group, channel } = what
  const isNew = await updateSwitchOff(tx, what)
  if (isNew && group === 'CAMPAIGNS') await updateUnsubscribed(tx, userId, channel)
  const kinds = (Object.keys(KINDS) as NotificationKind[]).filter((kind) => KINDS[kind].group === group)
  await moveWaitingToDead(tx, what, kinds)
}
