/** Tickets as documents, through the router's port: the same folder at the router and at the ticket subgraph. */
export const TICKETS_FOLDER = '/tickets/'

/** What a ticket can be had as, by the ending of its name. */
export const TICKET_FILES = {
  pdf: 'application/pdf',
  ics: 'text/calendar; charset=utf-8',
  pkpass: 'application/vnd.apple.pkpass',
} as const

export type TicketFile = keyof typeof TICKET_FILES

const NAME = /^([\w.-]{1,1000})\.(pdf|ics|pkpass)$/

/** Path of a file. @param key id of the ticket, for whoever sends their token along; or what a link says, for whoever has that. */
export const ticketFilePath = (key: string, file: TicketFile): string => `${TICKETS_FOLDER}${key}.${file}`

/** What a name says, as it stands behind the folder; null for what names no file. */
export function ticketFileOf(name: string): { key: string; file: TicketFile } | null {
  const [, key, file] = NAME.exec(name) ?? []
  return key === undefined ? null : { key, file: file as TicketFile }
}
