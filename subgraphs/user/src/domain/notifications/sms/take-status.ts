import { transaction } from '@karcis/kit/database'
import { NotFound, Unauthenticated } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { PageAnswer, PageRequest } from '@karcis/kit/subgraph/server'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { findDeliveryAddress, moveToEnded, moveToSent } from '../deliveries/delivery-store.ts'
import { endPhone } from '../phones/phones.ts'
import { endOf, isSigned, statusUrlOf } from './sms-provider.ts'

const statusSchema = z.object({
  MessageStatus: z.string(),
  ErrorCode: z.coerce.number().int().optional(),
})

/** What says that the provider has taken a message, whatever comes of it. */
const FAILED = new Set(['failed', 'undelivered'])

/**
 * Takes in what the provider says of a text message. Whatever it says, it has the message: should the process have died that handed it over, it is not handed over
 * again. A number that nothing reaches, or whose owner wants nothing, ends. It may come again, and out of order.
 * @throws NotFound where nothing is set, Unauthenticated for what the provider has not signed.
 */
export async function takeSmsStatus(
  { db, log, sms, publicUrl }: Pick<Deps, 'db' | 'log' | 'sms' | 'publicUrl'>,
  { method, headers, query, body }: Pick<PageRequest, 'method' | 'headers' | 'query' | 'body'>,
): Promise<PageAnswer> {
  if (!sms || method !== 'POST') throw new NotFound('page', 'status')
  const form = new URLSearchParams(body.toString('utf8'))
  const id = idSchema.safeParse(query.get('delivery')).data ?? ''
  const signature = headers['x-twilio-signature']
  // Behind a router of another host or scheme the URL is not what the request says: it is what the provider was given.
  if (typeof signature !== 'string' || !isSigned(sms.token, statusUrlOf(publicUrl, id), form, signature))
    throw new Unauthenticated()
  const said = statusSchema.safeParse(Object.fromEntries(form)).data
  if (!said) return taken()
  const { MessageStatus: status, ErrorCode: code } = said
  const end = FAILED.has(status) ? endOf(code ?? null) : null
  await transaction(db, async (tx) => {
    const delivery = await findDeliveryAddress(tx, id, 'SMS')
    if (!delivery) return // long ago, or of an account that is erased
    await moveToSent(tx, id)
    if (!end) return
    await moveToEnded(tx, 'SMS', delivery, end)
    await endPhone(tx, { id, userId: delivery.userId, to: delivery.address }, end)
  })
  if (FAILED.has(status)) log.info({ deliveryId: id, status, code, end }, 'a text message did not arrive')
  return taken()
}

const taken = (): PageAnswer => ({ status: 200, headers: { 'cache-control': 'no-store' }, body: '' })
