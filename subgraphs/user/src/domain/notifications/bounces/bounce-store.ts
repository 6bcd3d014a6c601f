import type { Db, Tx } from '../../database.ts'

/** Whose mail it is, and where it was sent. */
interface SentMail {
  userId: string
  address: string
}

/** A mail that was sent; whose it is is locked, so that what comes back to one person is counted one after the other. Null when it is not known any more. */
export async function lockDelivery(tx: Tx, id: string): Promise<SentMail | null> {
  const [delivery] = await tx.$queryRaw<SentMail[]>`
    SELECT delivery.user_id AS "userId", delivery.address FROM deliveries delivery JOIN users person ON person.id = delivery.user_id
    WHERE delivery.id = ${id}::uuid AND delivery.channel = 'EMAIL' FOR NO KEY UPDATE OF person`
  return delivery ?? null
}

/** Writes down that a mail came back, once. */
export async function insertBounce(
  tx: Tx,
  deliveryId: string,
  bounce: { address: string; status: string; diagnostic: string | null },
): Promise<void> {
  await tx.$executeRaw`INSERT INTO mail_bounces (delivery_id, address, status, diagnostic)
    VALUES (${deliveryId}::uuid, ${bounce.address}, ${bounce.status}, ${bounce.diagnostic}) ON CONFLICT DO NOTHING`
}

export const countBounces = (tx: Tx, address: string): Promise<number> =>
  tx.mailBounce.count({ where: { address } })

/** Ends an address, with all that waits to be sent there. */
export async function moveMailAddressToDead(tx: Tx, { userId, address }: SentMail): Promise<void> {
  await tx.$executeRaw`INSERT INTO dead_addresses (channel, address) VALUES ('EMAIL', ${address}) ON CONFLICT DO NOTHING`
  await tx.$executeRaw`UPDATE deliveries SET state = 'DEAD', reason = 'GONE', ended_at = now(), secret = NULL
    WHERE user_id = ${userId}::uuid AND channel = 'EMAIL' AND state = 'WAITING' AND address = ${address}`
}

/** Since when nothing is sent to these mail addresses any more; null for those that it is sent to. */
export async function findDeadMailAddresses(db: Db, addresses: readonly string[]): Promise<(Date | null)[]> {
  const dead = await db.deadAddress.findMany({ where: { channel: 'EMAIL', address: { in: [...addresses] } } })
  const since = new Map(dead.map(({ address, since: from }) => [address, from]))
  return addresses.map((address) => since.get(address) ?? null)
}

/** Lets mails go to an address again, as if none had ever come back. */
export async function deleteDeadMailAddress(tx: Tx, address: string): Promise<void> {
  await tx.deadAddress.deleteMany({ where: { channel: 'EMAIL', address } })
  await tx.mailBounce.deleteMany({ where: { address } })
}
