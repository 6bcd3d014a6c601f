import { NotFound } from '@karcis/kit/errors'
import type { PageAnswer, PageRequest } from '@karcis/kit/subgraph/server'
import { readMail } from '@karcis/mail/read-mail'
import { answerHtml } from '../pages.ts'
import type { CaughtMessages } from './caught-messages.ts'
import { FRAME_POLICY, frameOf, listPage, messagePage, PAGE_POLICY } from './outbox-page.ts'

/** The list of what would have been sent. @throws NotFound where messages are really sent. */
export async function openOutbox(
  outbox: CaughtMessages | null,
  { method, query }: Pick<PageRequest, 'method' | 'query'>,
): Promise<PageAnswer> {
  if (!outbox || method !== 'GET') throw new NotFound('page', 'outbox')
  const to = query.get('to')?.trim() ?? ''
  const channel = query.get('channel') ?? ''
  const messages = (await outbox.list()).filter(
    (message) =>
      message.to.toLowerCase().includes(to.toLowerCase()) && (channel === '' || message.channel === channel),
  )
  return answerHtml(200, listPage(messages, { to, channel }), PAGE_POLICY)
}

/**
 * One message, or by `part` what is in it: `html`, `raw`, or an attachment by its number.
 * @throws NotFound where messages are really sent, and for what is not, or no longer, there.
 */
export async function openOutboxMessage(
  outbox: CaughtMessages | null,
  { method, name, query }: Pick<PageRequest, 'method' | 'name' | 'query'>,
): Promise<PageAnswer> {
  const caught = method === 'GET' ? await outbox?.find(name) : null
  if (!caught) throw new NotFound('message', name)
  const { message, raw } = caught
  const mail = message.channel === 'EMAIL' ? await readMail(Buffer.from(raw)) : null
  const part = query.get('part')
  if (part === null) return answerHtml(200, messagePage(message, mail, raw), PAGE_POLICY)
  if (part === 'html' && mail) return answerHtml(200, frameOf(mail.html), FRAME_POLICY)
  if (part === 'raw' && mail) return file('mail.eml', 'message/rfc822', raw)
  const attached = /^\d{1,3}$/.test(part) ? mail?.files[Number(part)] : undefined
  if (!attached) throw new NotFound('part', part)
  return file(attached.filename, attached.contentType, attached.content)
}

/** Saved, never shown: whatever is in it runs nowhere. */
const file = (name: string, contentType: string, body: string | Uint8Array): PageAnswer => ({
  status: 200,
  headers: {
    'content-type': contentType,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    'cache-control': 'no-store',
  },
  body,
})
