import { MAILED_TICKET, mailedTicket } from '@karcis/kit/contracts/mailed-ticket'
import { ServiceUnavailable } from '@karcis/kit/errors'
import type { BaseDeps } from '@karcis/kit/subgraph'
import type { Attachment } from '@karcis/mail/mail'
import { z } from 'zod'
import type { NotificationKind } from '../kinds.ts'
import type { OutgoingMessage } from './channel.ts'

/** What is told with tickets: a purchase, and a ticket that somebody else gave. */
const WITH_TICKETS: ReadonlySet<NotificationKind> = new Set<NotificationKind>([
  'PURCHASE',
  'TICKET_RECEIVED',
  'GUEST_INVITED',
])
/** So many go with one mail, of some 30 kB each; whoever bought more finds the rest in the app. */
const MOST_TICKETS = 10

const named = z.union([
  z.object({ ticketIds: z.array(z.uuid()) }),
  z.object({ ticketId: z.uuid() }).transform(({ ticketId }) => ({ ticketIds: [ticketId] })),
])

/**
 * The tickets that a message is about, as far as they are still its reader's and admit somebody: the codes as pictures in the mail, each as a page to print,
 * and the event for their calendar.
 * @throws ServiceUnavailable and others, for which the mail waits: it is of no use without them.
 */
export async function ticketAttachments(
  { clients }: Pick<BaseDeps<unknown>, 'clients'>,
  { kind, data, userId, language }: OutgoingMessage,
): Promise<Attachment[]> {
  if (!WITH_TICKETS.has(kind)) return []
  if (!clients.ticket) throw new ServiceUnavailable()
  const attachments: Attachment[] = []
  for (const id of named.parse(data).ticketIds.slice(0, MOST_TICKETS)) {
    // One after the other: they are drawn by a thread that others wait for, too.
    const answer = await clients.ticket.query<{ mailedTicket: unknown }>(MAILED_TICKET, {
      id,
      ownerId: userId,
      language,
    })
    const ticket = mailedTicket.nullable().parse(answer.mailedTicket)
    if (!ticket) continue
    const { reference, admits, qrCode, pdf, calendar } = ticket
    const file = (ending: string, contentType: string, base64: string): Attachment => ({
      filename: `ticket-${reference}.${ending}`,
      contentType,
      content: Buffer.from(base64, 'base64'),
    })
    // All are of one event, which needs to be in a calendar once.
    if (attachments.length === 0) attachments.push(file('ics', 'text/calendar; charset=utf-8', calendar))
    attachments.push(
      { ...file('png', 'image/png', qrCode), caption: `${admits} · ${reference}` },
      file('pdf', 'application/pdf', pdf),
    )
  }
  return attachments
}
