import type { Mail, Sender } from '@karcis/mail/mail'
import { rawMail } from '@karcis/mail/mail'
import { createMailer, NotNow } from '@karcis/mail/smtp'
import { GROUPS } from '../kinds.ts'
import type { CaughtMessages } from '../outbox/caught-messages.ts'
import type { UnsubscribeLinks } from '../unsubscribing/unsubscribe-links.ts'
import { type Channel, type OutgoingMessage, RetryLater } from './channel.ts'

/** A server that does not take a mail yet, as with greylisting, mostly does so after five minutes. */
const NOT_NOW_SECONDS = 300

/** What makes mails of messages. */
export interface MailWriting {
  sender: Sender
  links: UnsubscribeLinks
}

/** Mails over SMTP. */
export function createEmailChannel(url: string, writing: MailWriting): Channel & { close(): void } {
  const mailer = createMailer(url, writing.sender)
  return {
    name: 'EMAIL',
    async send(message, signal) {
      try {
        return await mailer.send(mailOf(writing, message), signal)
      } catch (error) {
        throw error instanceof NotNow ? new RetryLater(error.message, NOT_NOW_SECONDS) : error
      }
    },
    close: () => mailer.close(),
  }
}

/** Mails that go nowhere but to the page where people look at them, byte for byte as they would be sent. */
export const createCaughtEmailChannel = (outbox: CaughtMessages, writing: MailWriting): Channel => ({
  name: 'EMAIL',
  async send(message) {
    const { id, to, kind } = message
    const mail = mailOf(writing, message)
    const raw = await rawMail(writing.sender, mail)
    const { subject } = mail.letter
    await outbox.add(
      { id, channel: 'EMAIL', to, subject, kind, at: new Date().toISOString() },
      raw.toString(),
    )
    return 'SENT'
  },
})

function mailOf({ links }: MailWriting, message: OutgoingMessage): Mail {
  const { id, to, userId, language, group, wording } = message
  const isFixed = 'fixed' in GROUPS[group]
  return {
    id,
    to,
    letter: {
      ...wording,
      language,
      ...(!isFixed && { unsubscribeUrl: links.of({ userId, group, channel: 'EMAIL', language }) }),
    },
  }
}
