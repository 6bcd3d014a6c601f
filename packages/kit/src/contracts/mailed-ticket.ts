import { z } from 'zod'

/** A ticket as it goes with a mail to its owner; null when it is not theirs, or admits nobody (any more). */
export const MAILED_TICKET = `query MailedTicket($id: ID!, $ownerId: ID!, $language: DocumentLanguage!) {
  mailedTicket(id: $id, ownerId: $ownerId, language: $language) { reference admits qrCode pdf calendar }
}`

/** Files are in base64. */
export const mailedTicket = z.object({
  reference: z.string(),
  /** Its type, and its seat where it has one. */
  admits: z.string(),
  qrCode: z.string(),
  pdf: z.string(),
  calendar: z.string(),
})

export type MailedTicket = z.infer<typeof mailedTicket>
