import { sameSecret } from '@karcis/kit/secret-tokens'
import { transaction } from '@karcis/kit/database'
import { NotFound, Unauthenticated } from '@karcis/kit/errors'
import type { PageAnswer, PageRequest } from '@karcis/kit/subgraph/server'
import { readDeliveryReport } from '@karcis/mail/delivery-report'
import { isNoMailbox } from '@karcis/mail/smtp'
import type { Deps } from '../../deps.ts'
import { countBounces, insertBounce, lockDelivery, moveMailAddressToDead } from './bounce-store.ts'

/** Of failures that say nothing final of an address, as a full mailbox: so many, as long as deliveries are kept, end it. */
const MOST_FAILURES = 3

/**
 * Takes in a mail that came to the address for what is undeliverable, byte for byte. A mail server's word that a mail failed for good is written
 * down; when there is no such mailbox, or after some more of other failures, nothing more is sent to the address. Any other mail, as of somebody on
 * holiday, is passed by, and so is what names no mail of ours. A report may come again.
 * @throws NotFound where nothing is set, Unauthenticated.
 */
export async function takeBounce(
  { db, log, bounces }: Pick<Deps, 'db' | 'log' | 'bounces'>,
  { method, headers, query, body }: Pick<PageRequest, 'method' | 'headers' | 'query' | 'body'>,
): Promise<PageAnswer> {
  if (!bounces || method !== 'POST') throw new NotFound('page', 'bounces')
  if (!sameSecret(headers.authorization ?? '', `Bearer ${bounces.secret}`)) throw new Unauthenticated()
  const report = await readDeliveryReport(body)
  const failure = report?.outcomes.find(({ action, status }) => action === 'failed' && status.startsWith('5'))
  // Only its own address says which mail it was: whatever else stands in a report, anybody could have written.
  const deliveryId = [query.get('to') ?? '', ...(report?.addressees ?? [])]
    .map((address) => bounces.returnPaths.read(address))
    .find((id) => id !== null)
  if (!failure || !deliveryId) return taken(false)

  const { status, diagnostic } = failure
  const isDead = await transaction(db, async (tx) => {
    const delivery = await lockDelivery(tx, deliveryId)
    if (!delivery) return null // long ago, or of an account that is erased
    await insertBounce(tx, deliveryId, { address: delivery.address, status, diagnostic })
    if (!isNoMailbox(status) && (await countBounces(tx, delivery.address)) < MOST_FAILURES) return false
    await moveMailAddressToDead(tx, delivery)
    return true
  })
  if (isDead !== null) log.info({ deliveryId, status, isDead }, 'a mail came back')
  return taken(isDead !== null)
}

const taken = (isTaken: boolean): PageAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify({ taken: isTaken }),
})
