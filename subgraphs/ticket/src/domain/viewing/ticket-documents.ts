import { EVENT_PLACE, eventPlace } from '@karcis/kit/contracts/event-place'
import type { MailedTicket } from '@karcis/kit/contracts/mailed-ticket'
import { NAMES, names } from '@karcis/kit/contracts/names'
import {
  TICKET_FILES,
  type TicketFile,
  ticketFileOf,
  ticketFilePath,
} from '@karcis/kit/contracts/ticket-files'
import { TICKET_PRICE, ticketPrice } from '@karcis/kit/contracts/ticket-price'
import { Forbidden, NotFound, ServiceUnavailable } from '@karcis/kit/errors'
import { idSchema, parseId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import type { FileAnswer, FileRequest } from '@karcis/kit/subgraph/server'
import { parseInput } from '@karcis/kit/validate'
import { requireViewer } from '@karcis/kit/viewer'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { calendarEntry } from '../documents/calendar-entry.ts'
import { referenceOf, type TicketDocument, type TicketFacts, withheldFor } from '../documents/document.ts'
import { findTicketFacts } from '../documents/document-store.ts'
import { LANGUAGES, type Language, languageOf } from '../documents/document-words.ts'
import { googleWalletUrl } from '../documents/google-wallet.ts'
import { TicketInvalid } from '../errors.ts'
import { mayRead, type Ticket } from '../tickets/ticket.ts'

/** How long a link is good for. */
const LINK_MS = 15 * 60_000

/** Where a document of a ticket is for a while, for whoever has the link; null where the viewer is given none. */
export function ticketFileUrl(
  { ticketDocuments: { links, apple } }: Deps,
  viewer: Viewer | null,
  ticket: Ticket,
  file: TicketFile,
  language: Language,
): string | null {
  if (!viewer || !mayRead(viewer, ticket)) return null
  if (file === 'pkpass' && !apple) return null
  if (file !== 'ics' && isWithheld(ticket)) return null
  return ticketFilePath(links.sign({ id: ticket.id, language }, new Date(Date.now() + LINK_MS)), file)
}

const isWithheld = ({ status, frozen, eventStatus }: Ticket): boolean =>
  withheldFor({ status, frozen, event: { status: eventStatus } }) !== null

/** Where somebody saves a ticket to Google Wallet; null where the viewer is given no such link. @throws ServiceUnavailable. */
export async function googleUrlOf(
  deps: Deps,
  viewer: Viewer | null,
  ticket: Ticket,
  language: Language,
): Promise<string | null> {
  const { google } = deps.ticketDocuments
  if (!google || !viewer || !mayRead(viewer, ticket) || isWithheld(ticket)) return null
  const facts = await findTicketFacts(deps.db, ticket.id)
  return facts && googleWalletUrl(await gather(deps, facts), language, google, new Date())
}

/**
 * A ticket as it goes with a mail to its owner.
 * @returns null for what is not theirs, or admits nobody (any more). @throws BadUserInput, RATE_LIMITED, ServiceUnavailable.
 */
export async function readMailedTicket(deps: Deps, input: unknown): Promise<MailedTicket | null> {
  const { id, ownerId, language } = parseInput(mailedSchema, input, 'ticket')
  const facts = await findTicketFacts(deps.db, id)
  if (!facts || facts.ownerId !== ownerId || withheldFor(facts)) return null
  const ticket = await gather(deps, facts)
  const [picture, pdf] = await Promise.all([
    deps.qrCodes.picture(facts.code, ownerId),
    deps.ticketDocuments.made.run({ ticket, language, signer: null }, ownerId),
  ])
  const { typeName, seat } = facts
  return {
    reference: referenceOf(id),
    admits: seat ? `${typeName}, ${seat.section} ${seat.row} ${seat.label}` : typeName,
    qrCode: picture.slice(picture.indexOf(',') + 1),
    pdf: Buffer.from(pdf).toString('base64'),
    calendar: Buffer.from(calendarEntry(ticket, language, new Date())).toString('base64'),
  }
}

const mailedSchema = z.object({ id: idSchema, ownerId: idSchema, language: z.enum(LANGUAGES) })

/**
 * A document of a ticket: by a link, or by the id of the ticket for whoever may read it. Language: of the query `lang`, else of the link,
 * else what the browser likes.
 * @param name as it stands behind the folder.
 * @throws NotFound (a link that is not ours, or too old; and passes where there is no certificate for them), Unauthenticated, Forbidden,
 *   TicketInvalid for what admits nobody, RATE_LIMITED, ServiceUnavailable.
 */
export async function openTicketFile(deps: Deps, name: string, request: FileRequest): Promise<FileAnswer> {
  const wanted = ticketFileOf(name)
  if (!wanted) throw new NotFound('file', name)
  const { file } = wanted
  const { ticket, language } = await findWanted(deps, wanted.key, request)
  const body = await make(deps, ticket, file, language)
  return {
    headers: {
      'content-type': TICKET_FILES[file],
      'content-disposition': `attachment; filename="ticket-${referenceOf(ticket.id)}.${file}"`,
    },
    body,
  }
}

/** @throws NotFound, Unauthenticated, Forbidden. */
async function findWanted(
  { db, ticketDocuments }: Deps,
  key: string,
  { caller, query, headers }: FileRequest,
): Promise<{ ticket: TicketFacts; language: Language }> {
  const asked = query.get('lang')
  const claim = ticketDocuments.links.read(key)
  if (claim) {
    const ticket = await findTicketFacts(db, claim.id)
    if (!ticket) throw new NotFound('ticket', claim.id)
    return { ticket, language: languageOf(asked ?? claim.language, undefined) }
  }
  const id = parseId(key)
  if (id === null) throw new NotFound('file', 'of this link')
  const viewer = requireViewer(caller)
  const ticket = await findTicketFacts(db, id)
  if (!ticket) throw new NotFound('ticket', id)
  requireReader(viewer, ticket)
  return { ticket, language: languageOf(asked, headers['accept-language']) }
}

/** @throws Forbidden. */
function requireReader(viewer: Viewer, { ownerId, event: { organizerId, staff } }: TicketFacts): void {
  if (!mayRead(viewer, { ownerId, organizerId, staff })) throw new Forbidden('This is not your ticket.')
}

async function make(
  deps: Deps,
  facts: TicketFacts,
  file: TicketFile,
  language: Language,
): Promise<Uint8Array> {
  if (file === 'ics') {
    const [place, organizer] = await Promise.all([findPlace(deps, facts), findOrganizer(deps, facts)])
    return Buffer.from(calendarEntry({ ...facts, place, organizer }, language, new Date()))
  }
  const { apple, made } = deps.ticketDocuments
  if (file === 'pkpass' && !apple) throw new NotFound('pass', facts.id)
  const withheld = withheldFor(facts)
  if (withheld) throw new TicketInvalid(withheld, { ticketId: facts.id })
  const ticket = await gather(deps, facts)
  return made.run({ ticket, language, signer: file === 'pkpass' ? apple : null }, facts.ownerId)
}

/** What the other subgraphs know of a ticket. @throws ServiceUnavailable. */
async function gather(deps: Deps, facts: TicketFacts): Promise<TicketDocument> {
  const [place, organizer, price] = await Promise.all([
    findPlace(deps, facts),
    findOrganizer(deps, facts),
    findPrice(deps, facts),
  ])
  return { ...facts, place, organizer, price }
}

async function findPlace({ clients }: Deps, { event }: TicketFacts): Promise<TicketDocument['place']> {
  if (!clients.event) throw new ServiceUnavailable()
  const answer = await clients.event.query<{ eventPlace: unknown }>(EVENT_PLACE, { id: event.id })
  return eventPlace.nullable().parse(answer.eventPlace)
}

/** @returns nothing for one whose account is gone. */
async function findOrganizer({ clients }: Deps, { event }: TicketFacts): Promise<string> {
  if (!clients.user) throw new ServiceUnavailable()
  const representations = [{ __typename: 'User', id: event.organizerId }]
  const [organizer] = names.parse(await clients.user.query(NAMES, { representations }))._entities
  return organizer?.name ?? ''
}

/** What its place was sold at; null for a guest's ticket, and for one that came by a transfer. */
async function findPrice({ clients }: Deps, { id }: TicketFacts): Promise<TicketDocument['price']> {
  if (!clients.booking) throw new ServiceUnavailable()
  const representations = [{ __typename: 'Ticket', id }]
  const [sold] = ticketPrice.parse(await clients.booking.query(TICKET_PRICE, { representations }))._entities
  const { unitPrice, currency } = sold
  return unitPrice === null || currency === null ? null : { amount: unitPrice, currency }
}
