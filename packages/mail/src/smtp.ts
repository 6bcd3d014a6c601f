import { createTransport } from 'nodemailer'
import { composeMail, type Mail, type Sender } from './mail.ts'

/** Sends mails over SMTP. */
export interface Mailer {
  /**
   * @returns GONE where the server says that there is no such mailbox, and never will be.
   * @throws NotNow where it asks to be tried again; any other error for what may or may not have been sent: the same mail may be sent again.
   */
  send(mail: Mail, signal: AbortSignal): Promise<'SENT' | 'GONE'>
  close(): void
}

/** The server is there, and does not take this mail at present (a reply of 4xx), as with greylisting. */
export class NotNow extends Error {
  override name = 'NotNow'
}

/** In milliseconds. A server that says nothing for so long is away. */
const TIMEOUTS = {
  dnsTimeout: 5_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000, // spam filters look at a mail before they take it
  socketCloseTimeout: 0,
}

/** Connections that stay open, each for so many mails: providers count both. */
const POOL = { maxConnections: 4, maxMessages: 100 }

/**
 * @param url as `smtp://user:password@host:587` (STARTTLS where the server has it) or `smtps://…:465`. A password is sent over an encrypted
 *   connection only, unless the server is on this machine.
 */
export function createMailer(url: string, sender: Sender): Mailer {
  const { password, hostname } = new URL(url)
  const transport = createTransport({
    url,
    pool: true,
    requireTLS: password !== '' && !/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...POOL,
    ...TIMEOUTS,
  })
  transport.on('error', () => undefined) // of a connection that nobody waits for; those who do are told themselves

  return {
    async send(mail, signal) {
      try {
        await transport.sendMail({ ...composeMail(sender, mail), signal })
        return 'SENT'
      } catch (error) {
        const refusal = error as Refusal
        if (isGone(refusal)) return 'GONE'
        if (isForNow(refusal)) throw new NotNow(refusal.response ?? refusal.message, { cause: error })
        throw error
      }
    },
    close: () => transport.close({ force: true }),
  }
}

/** What of the library's errors says what a server answered. */
interface Refusal extends Error {
  code?: string
  command?: string
  responseCode?: number
  response?: string
}

/** No such mailbox or domain, it moved without a new address, or it is switched off (RFC 3463). Not: full, or that it does not like us. */
const NO_MAILBOX = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1'])
/** The same where a server has no codes of RFC 3463. */
const NO_MAILBOX_REPLIES = new Set([550, 551, 553])

/** Only what a server says of the recipient: what it says of a sender or a text is no news of the address. */
function isGone({ command, responseCode = 0, response = '' }: Refusal): boolean {
  if (command !== 'RCPT TO' || responseCode < 500) return false
  const status = enhancedStatus(response)
  return status === null ? NO_MAILBOX_REPLIES.has(responseCode) : NO_MAILBOX.has(status)
}

/**
 * Whether a server has answered, be it that it takes this mail not now or not at all. That it does not know us is none: it would say so of any mail.
 * @param error of `send`.
 */
export const isReply = (error: unknown): boolean =>
  error instanceof NotNow ||
  ((error as Refusal).responseCode !== undefined && (error as Refusal).code !== 'EAUTH')

const isForNow = ({ responseCode = 0 }: Refusal): boolean => responseCode >= 400 && responseCode < 500

/** Whether a permanent failure of this status means that an address is of no use any more. */
export const isNoMailbox = (status: string): boolean => NO_MAILBOX.has(status)

const enhancedStatus = (response: string): string | null =>
  /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1] ?? null
