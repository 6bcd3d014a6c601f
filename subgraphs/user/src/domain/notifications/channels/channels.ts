import { createSender, type Sender } from '@karcis/kit/outside/post'
import type { Sealer } from '@karcis/kit/sealing'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { UserSettings } from '../../../env.ts'
import type { Db } from '../../database.ts'
import type { Push } from '../../deps.ts'
import { type BounceIntake, createBounceIntake } from '../bounces/bounce-intake.ts'
import { type CaughtMessages, createCaughtMessages } from '../outbox/caught-messages.ts'
import { createPushServices } from '../push/push-services.ts'
import { createVapid, publicKeyOf, type Vapid } from '../push/vapid.ts'
import type { SmsAccount } from '../sms/sms-provider.ts'
import { createUnsubscribeLinks, type UnsubscribeLinks } from '../unsubscribing/unsubscribe-links.ts'
import type { Channel } from './channel.ts'
import { createCaughtEmailChannel, createEmailChannel } from './email.ts'
import { createOutsideService } from './outside-service.ts'
import { createCaughtPushChannel, createPushChannel } from './push.ts'
import { createCaughtSmsChannel, createSmsChannel } from './sms.ts'

/** The ways to people that the settings of a process open. */
export interface Channels {
  /** Each name at most once. */
  all: readonly Channel[]
  /** Where messages are that would go by what is not set; null in production, which sends them or leaves them waiting. */
  outbox: CaughtMessages | null
  unsubscribeLinks: UnsubscribeLinks
  /** How mails come back that cannot be delivered; null where nothing is set to bring them. */
  bounces: BounceIntake | null
  push: Push
  /** By whom text messages are sent; null where they are not. */
  sms: SmsAccount | null
  close(): void
}

/** Connections that are kept to each push service; a process hands over 32 pushes at once. */
const PUSH_CONNECTIONS = 16
/** Push services answer at once; one of somebody's own choice that does not keeps no other push waiting for long. */
const PUSH_TIMEOUT_MS = 5_000

/** In development: whom mails are from that go nowhere. */
const NOBODY = 'Karcis <karcis@localhost>'

export function createChannels(
  settings: UserSettings,
  { db, redis, log, clients }: Pick<BaseDeps<Db>, 'db' | 'redis' | 'log' | 'clients'>,
  sealer: Sealer,
): Channels {
  const { NODE_ENV, SMTP_URL, MAIL_FROM = NOBODY, KEY_ENCRYPTION_SECRET, PUBLIC_URL } = settings
  const outbox = NODE_ENV === 'development' ? createCaughtMessages({ redis }) : null
  const unsubscribeLinks = createUnsubscribeLinks(KEY_ENCRYPTION_SECRET, PUBLIC_URL)
  const bounces = createBounceIntake(settings)
  const sender = { from: MAIL_FROM, ...(bounces && { returnPath: bounces.returnPaths.of }) }
  const writing = { sender, links: unsubscribeLinks, clients }
  const email = SMTP_URL === undefined ? null : createEmailChannel(SMTP_URL, writing)
  const loopback = NODE_ENV !== 'production'
  const { publicKey, vapid } = pushOf(settings)
  const services = vapid && createPushServices(log, createPushSender(loopback))
  const sms = smsAccountOf(settings)
  const smsService = sms && createOutsideService('sms', log)
  const all = [
    email ?? (outbox && createCaughtEmailChannel(outbox, writing)),
    services
      ? createPushChannel({ db, sealer, vapid, services })
      : outbox && createCaughtPushChannel(db, outbox),
    smsService ? createSmsChannel(sms, smsService, PUBLIC_URL) : outbox && createCaughtSmsChannel(outbox),
  ].filter((channel): channel is Channel => channel !== null)
  if (!email && !outbox) log.warn('no mail can be sent: SMTP_URL is not set')
  return {
    all,
    outbox,
    unsubscribeLinks,
    bounces,
    push: { publicKey, loopback },
    sms,
    close() {
      email?.close()
      services?.[Symbol.dispose]()
      smsService?.[Symbol.dispose]()
    },
  }
}

const createPushSender = (loopback: boolean): Sender =>
  createSender({
    userAgent: 'Karcis',
    loopback,
    keptConnections: PUSH_CONNECTIONS,
    timeoutMs: PUSH_TIMEOUT_MS,
  })

/** Real pushes take a contact too: without one, development has a key for browsers to subscribe with, and catches what would be sent. */
function pushOf(settings: UserSettings): { publicKey: string | null; vapid: Vapid | null } {
  const { PUSH_PRIVATE_KEY: key, PUSH_CONTACT: contact } = settings
  if (key === undefined) return { publicKey: null, vapid: null }
  return { publicKey: publicKeyOf(key), vapid: contact === undefined ? null : createVapid(key, contact) }
}

function smsAccountOf(settings: UserSettings): SmsAccount | null {
  const { SMS_URL: url, SMS_ACCOUNT: account, SMS_TOKEN: token, SMS_FROM: from } = settings
  return account && token && from ? { url, account, token, from } : null
}
