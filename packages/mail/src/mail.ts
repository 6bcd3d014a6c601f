import MailComposer from 'nodemailer/lib/mail-composer'
import { type Letter, writeHtml, writeText } from './letter.ts'

/** A file that goes with a mail. */
export interface Attachment {
  filename: string
  contentType: string
  content: Uint8Array
  /** Of an image that is seen in the mail, above these words. */
  caption?: string
}

/** A mail to one address. */
export interface Mail {
  /** The same however often it is sent, so that whoever is sent it twice keeps one of them. Letters, digits, `-`. */
  id: string
  to: string
  letter: Omit<Letter, 'pictures'>
  attachments?: readonly Attachment[] | undefined
}

/** Whom mails are from. */
export interface Sender {
  /** As people see it: `Karcis <tickets@karcis.example>`. */
  from: string
  /** Where what cannot be delivered is sent back to; the address of `from` unless given. */
  returnPath?: (mailId: string) => string
}

/** The mail as a mail program takes it in, to be sent or only to be read. */
export function composeMail({ from, returnPath }: Sender, mail: Mail): MailComposer.Options {
  const { id, to, attachments = [] } = mail
  const address = addressOf(from)
  const domain = address.slice(address.lastIndexOf('@') + 1)
  const files = attachments.map((file, at) => ({ ...file, cid: `${at}.${id}@${domain}` }))
  const letter: Letter = {
    ...mail.letter,
    subject: oneLine(mail.letter.subject),
    pictures: files.flatMap(({ cid, caption }) => (caption === undefined ? [] : [{ cid, caption }])),
  }
  const { unsubscribeUrl } = letter
  return {
    from,
    to: { name: '', address: to },
    envelope: { from: returnPath?.(id) ?? address, to },
    messageId: `<${id}@${domain}>`,
    subject: letter.subject,
    text: writeText(letter),
    html: writeHtml(letter),
    headers: {
      // Nobody's autoresponder answers it (RFC 3834).
      'Auto-Submitted': 'auto-generated',
      // One click in the mail program itself (RFC 8058).
      ...(unsubscribeUrl !== undefined && {
        'List-Unsubscribe': { prepared: true, value: `<${unsubscribeUrl}>` },
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
    attachments: files.map(({ filename, contentType, content, caption, cid }) => ({
      filename,
      contentType,
      content: Buffer.from(content),
      ...(caption === undefined
        ? { contentDisposition: 'attachment' }
        : { cid, contentDisposition: 'inline' }),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** The mail byte for byte, as it would be sent. */
export function rawMail(sender: Sender, mail: Mail): Promise<Buffer> {
  const options = composeMail(sender, mail)
  const node = new MailComposer(options).compile()
  return node.build()
}

/** The address in `Name <address>`. */
export const addressOf = (mailbox: string): string => /<([^<>]+)>\s*$/.exec(mailbox)?.[1] ?? mailbox.trim()

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
