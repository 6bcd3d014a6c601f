import type { BaseDeps } from '@karcis/kit/subgraph'
import type { UserSettings } from '../../../env.ts'
import type { Db } from '../../database.ts'
import { type BounceIntake, createBounceIntake } from '../bounces/bounce-intake.ts'
import { type CaughtMessages, createCaughtMessages } from '../outbox/caught-messages.ts'
import { createUnsubscribeLinks, type UnsubscribeLinks } from '../unsubscribing/unsubscribe-links.ts'
import { createCaughtChannel } from './caught.ts'
import type { Channel } from './channel.ts'
import { createCaughtEmailChannel, createEmailChannel } from './email.ts'

/** The ways to people that the settings of a process open. */
export interface Channels {
  /** Each name at most once. */
  all: readonly Channel[]
  /** Where messages are that would go by what is not set; null in production, which sends them or leaves them waiting. */
  outbox: CaughtMessages | null
  unsubscribeLinks: UnsubscribeLinks
  /** How mails come back that cannot be delivered; null where nothing is set to bring them. */
  bounces: BounceIntake | null
  close(): void
}

/** In development: whom mails are from that go nowhere. */
const NOBODY = 'Karcis <karcis@localhost>'

export function createChannels(
  settings: UserSettings,
  { redis, log, clients }: Pick<BaseDeps<Db>, 'redis' | 'log' | 'clients'>,
): Channels {
  const { NODE_ENV, SMTP_URL, MAIL_FROM = NOBODY, KEY_ENCRYPTION_SECRET, PUBLIC_URL } = settings
  const outbox = NODE_ENV === 'development' ? createCaughtMessages({ redis }) : null
  const unsubscribeLinks = createUnsubscribeLinks(KEY_ENCRYPTION_SECRET, PUBLIC_URL)
  const bounces = createBounceIntake(settings)
  const sender = { from: MAIL_FROM, ...(bounces && { returnPath: bounces.returnPaths.of }) }
  const writing = { sender, links: unsubscribeLinks, clients, log }
  const email = SMTP_URL === undefined ? null : createEmailChannel(SMTP_URL, writing)
  if (!email && !outbox) log.warn('no mail can be sent: SMTP_URL is not set')
  const all: Channel[] = outbox
    ? [
        email ?? createCaughtEmailChannel(outbox, writing),
        createCaughtChannel('PUSH', outbox),
        createCaughtChannel('SMS', outbox),
      ]
    : email
      ? [email]
      : []
  return { all, outbox, unsubscribeLinks, bounces, close: () => email?.close() }
}
