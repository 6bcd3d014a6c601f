import type { Sealer } from '@karcis/kit/sealing'
import webPush from 'web-push'
import type { Db, Tx } from '../../database.ts'
import { browserOf, systemOf } from '../../sessions/devices.ts'
import type { CaughtMessages } from '../outbox/caught-messages.ts'
import { type CaughtPush, payloadOf, termsOf } from '../push/push-message.ts'
import type { PushServices } from '../push/push-services.ts'
import { deleteSubscription, findSubscription } from '../push/subscription-store.ts'
import { openSubscription } from '../push/subscriptions.ts'
import type { Vapid } from '../push/vapid.ts'
import { type Channel, NeverTaken, notTaken, type OutgoingMessage } from './channel.ts'

/** A browser that is gone is no address that may come again. */
const ended = async (tx: Tx, { userId, to }: Pick<OutgoingMessage, 'userId' | 'to'>): Promise<void> => {
  await deleteSubscription(tx, userId, to)
}

export interface PushSending {
  db: Db
  sealer: Sealer
  vapid: Vapid
  services: PushServices
}

/** Pushes to browsers, encrypted for each of them (RFC 8030, 8291, 8292). An address is the id of a subscription. */
export const createPushChannel = ({ db, sealer, vapid, services }: PushSending): Channel => ({
  name: 'PUSH',
  ended,
  async send(message, signal) {
    const found = await findSubscription(db, message.userId, message.to)
    if (!found) return 'GONE'
    const { endpoint, p256dh, auth } = openSubscription(sealer, found.sealed)
    const { cipherText } = webPush.encrypt(p256dh, auth, JSON.stringify(payloadOf(message)), 'aes128gcm')
    const { ttlSeconds, urgency, topic } = termsOf(message, Date.now())
    const { status, body, retryAfterSeconds } = await services.post(
      endpoint,
      {
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        authorization: vapid.authorizationFor(endpoint),
        ttl: String(ttlSeconds),
        urgency,
        topic,
      },
      cipherText,
      signal,
    )
    if (status >= 200 && status < 300) return 'SENT'
    if (status === 404 || status === 410) return 'GONE'
    const reason = `${new URL(endpoint).hostname} answered ${status}: ${body ?? ''}`
    // What is wrong with this very message. 401 and 403 are of our key, which an operator may set right.
    if (status === 400 || status === 413) throw new NeverTaken(reason)
    throw notTaken(reason, retryAfterSeconds)
  },
})

/** Pushes that go nowhere but to the page where people look at them. */
export const createCaughtPushChannel = (db: Db, outbox: CaughtMessages): Channel => ({
  name: 'PUSH',
  ended,
  async send(message) {
    const { id, kind, userId, to } = message
    const found = await findSubscription(db, userId, to)
    if (!found) return 'GONE'
    const payload = payloadOf(message)
    const device = found.userAgent === null ? null : deviceName(found.userAgent)
    await outbox.add(
      {
        id,
        channel: 'PUSH',
        to: [found.email ?? userId, ...(device === null ? [] : [device])].join(', '),
        subject: payload.title,
        kind,
        at: new Date().toISOString(),
      },
      JSON.stringify({ payload, terms: termsOf(message, Date.now()) } satisfies CaughtPush),
    )
    return 'SENT'
  },
})

const deviceName = (userAgent: string): string =>
  [browserOf(userAgent), systemOf(userAgent)].filter((name) => name !== null).join(' on ') || 'a browser'
