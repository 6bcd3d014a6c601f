import { createBreaker } from '@karcis/kit/breakers/breaker'
import { CircuitOpen } from '@karcis/kit/breakers/circuit'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Mail, Sender } from '@karcis/mail/mail'
import { rawMail } from '@karcis/mail/mail'
import { createMailer, isReply, NotNow } from '@karcis/mail/smtp'
import { GROUPS } from '../kinds.ts'
import type { CaughtMessages } from '../outbox/caught-messages.ts'
import type { UnsubscribeLinks } from '../unsubscribing/unsubscribe-links.ts'
import { type Channel, type OutgoingMessage, RetryLater } from './channel.ts'
import { ticketAttachments } from './mailed-tickets.ts'

/** A server that does not take a mail yet, as with greylisting, mostly does so after five minutes. */
const NOT_NOW_SECONDS = 300
/** Longer than a server is waited for. */
const TIMEOUT_MS = 60_000

/** What makes mails of messages. */
export interface MailWriting extends Pick<BaseDeps<unknown>, 'clients' | 'log'> {
  sender: Sender
  links: UnsubscribeLinks
}

/** Mails over SMTP, through a circuit breaker: while the server is away nobody waits for it. */
export function createEmailChannel(url: string, writing: MailWriting): Channel & { close(): void } {
  const mailer = createMailer(url, writing.sender)
  const { log } = writing
  const away = 'The mail server does not answer just now.'
  const breaker = createBreaker({
    name: 'mail',
    log,
    message: away,
    timeoutMs: TIMEOUT_MS,
    isAnswer: isReply,
  })
  return {
    name: 'EMAIL',
    async send(message, signal) {
      try {
        const mail = await mailOf(writing, message)
        return await breaker.run(() => mailer.send(mail, signal))
      } catch (error) {
        if (error instanceof NotNow) throw new RetryLater(error.message, NOT_NOW_SECONDS)
        if (error instanceof CircuitOpen)
          throw new RetryLater(error.message, Number(error.facts.retryAfterSeconds))
        throw error
      }
    },
    close() {
      breaker[Symbol.dispose]()
      mailer.close()
    },
  }
}

/** Mails that go nowhere but to the page where people look at them, byte for byte as they would be sent. */
export const createCaughtEmailChannel = (outbox: CaughtMessages, writing: MailWriting): Channel => ({
  name: 'EMAIL',
  async send(message) {
    const { id, to, kind } = message
    const mail = await mailOf(writing, message)
    const raw = await rawMail(writing.sender, mail)
    const { subject } = mail.letter
    await outbox.add(
      { id, channel: 'EMAIL', to, subject, kind, at: new Date().toISOString() },
      raw.toString(),
    )
    return 'SENT'
  },
})

/** @throws ServiceUnavailable and others, while what goes with it cannot be had. */
async function mailOf({ links, clients }: MailWriting, message: OutgoingMessage): Promise<Mail> {
  const { id, to, userId, language, group, wording } = message
  const isFixed = 'fixed' in GROUPS[group]
  return {
    id,
    to,
    attachments: await ticketAttachments({ clients }, message),
    letter: {
      ...wording,
      language,
      ...(!isFixed && { unsubscribeUrl: links.of({ userId, group, channel: 'EMAIL', language }) }),
    },
  }
}
