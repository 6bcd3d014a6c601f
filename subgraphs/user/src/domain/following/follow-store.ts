import { newId } from '@karcis/kit/ids'
import type { Db, Tx } from '../database.ts'

interface Follow {
  userId: string
  organizerId: string
}

/** Follows an organizer; nothing changes for who does. The caller has locked the account. @returns how many they follow now. */
export async function insertFollow(tx: Tx, follow: Follow): Promise<number> {
  await tx.follow.createMany({ data: [{ id: newId(), ...follow }], skipDuplicates: true })
  return tx.follow.count({ where: { userId: follow.userId } })
}

/** Follows no more; nothing changes for who does not. */
export async function deleteFollow(tx: Tx, follow: Follow): Promise<void> {
  await tx.follow.deleteMany({ where: follow })
}

/** Takes somebody out of all that they follow, and from all who follow them. */
export async function deleteFollowsOf(tx: Tx, userId: string): Promise<void> {
  await tx.follow.deleteMany({ where: { OR: [{ userId }, { organizerId: userId }] } })
}

/** Which of several organizers somebody follows. */
export async function findFollowed(
  db: Db,
  userId: string,
  organizerIds: readonly string[],
): Promise<Map<string, boolean>> {
  const rows = await db.follow.findMany({
    where: { userId, organizerId: { in: [...organizerIds] } },
    select: { organizerId: true },
  })
  return new Map(rows.map(({ organizerId }) => [organizerId, true]))
}
