import type { Tx } from '../../database.ts'
import type { NotificationKind } from '../kinds.ts'
import type { Unsubscribing } from './unsubscribe-links.ts'

/** Somebody's, of one group and channel. */
export type Switch = Omit<Unsubscribing, 'language'>

/** Switches a group of kinds off by a channel, whatever was said before. Does nothing for an account that is erased. @returns whether it was not switched off before. */
export async function updateSwitchOff(tx: Tx, { userId, group, channel }: Switch): Promise<boolean> {
  const changed = await tx.$executeRaw`INSERT INTO notification_switches (user_id, kinds, channel, enabled)
    SELECT id, ${group}, ${channel}::channel, false FROM users WHERE id = ${userId}::uuid AND deleted_at IS NULL
    ON CONFLICT (user_id, kinds, channel) DO UPDATE SET enabled = false WHERE notification_switches.enabled`
  return changed === 1
}

/** Gives up what waits to be sent of these kinds. */
export async function moveWaitingToDead(
  tx: Tx,
  { userId, channel }: Switch,
  kinds: readonly NotificationKind[],
): Promise<void> {
  await tx.$executeRaw`UPDATE deliveries SET state = 'DEAD', reason = 'UNSUBSCRIBED', ended_at = now(), secret = NULL
    FROM notifications notice
    WHERE notice.id = deliveries.notification_id AND deliveries.user_id = ${userId}::uuid AND channel = ${channel}::channel
      AND state = 'WAITING' AND notice.kind = ANY(${kinds}::text[])`
}
