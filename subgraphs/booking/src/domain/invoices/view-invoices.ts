import { downloadPath, downloadToken } from '@karcis/kit/contracts/downloads'
import { BadUserInput, Forbidden, NotFound } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import type { Connection, PageArgs } from '@karcis/kit/pagination'
import type { Viewer } from '@karcis/kit/service-token'
import type { FileAnswer } from '@karcis/kit/subgraph/server'
import { parseInput } from '@karcis/kit/validate'
import type { Deps } from '../deps.ts'
import { mayDo } from '../events/event-copy.ts'
import { type Invoice, type InvoiceKind, numberText } from './invoice.ts'
import { findInvoices, listInvoices } from './invoice-store.ts'
import type { Language } from './invoice-words.ts'

export type InvoiceConnection = Connection<Invoice>

/** How long a link to a PDF is good for. */
const LINK_MS = 15 * 60_000

export type InvoiceArgs = PageArgs & {
  kind?: InvoiceKind | null | undefined
  eventId?: string | null | undefined
  issued?: boolean | null | undefined
}

/**
 * Invoices and credit notes, the newest first: those of an event for whoever organizes it; those that the viewer has issued, as an
 * organizer; else those that they were given. @throws Forbidden, BadUserInput.
 */
export async function viewInvoices(
  deps: Deps,
  viewer: Viewer,
  { kind = null, eventId, issued, ...args }: InvoiceArgs,
): Promise<InvoiceConnection> {
  if (eventId != null) {
    if (issued) throw new BadUserInput([{ path: 'issued', message: 'cannot be given together with eventId' }])
    const id = parseInput(idSchema, eventId, 'eventId')
    if (!(await mayDo(deps, viewer, id, 'OWN')))
      throw new Forbidden('Only its organizer sees the invoices of an event.')
    return listInvoices(deps.db, { eventId: id }, kind, args)
  }
  return listInvoices(deps.db, issued ? { organizerId: viewer.id } : { userId: viewer.id }, kind, args)
}

/** Where the PDF of an invoice is for a while, for whoever has the link. Only who may see an invoice is given one. */
export const invoiceUrl = ({ invoiceFiles }: Deps, { id }: Invoice, language: Language): string =>
  downloadPath('invoice', invoiceFiles.links.sign({ id, language }, new Date(Date.now() + LINK_MS)))

/** The PDF behind a link. @throws NotFound for a link that is not ours, or too old; ServiceUnavailable when too many are being drawn. */
export async function openInvoice(
  { db, settings, invoiceFiles: { links, drawn } }: Deps,
  name: string,
): Promise<FileAnswer> {
  const token = downloadToken('invoice', name)
  const claim = token === null ? null : links.read(token)
  const invoice = claim && (await findInvoices(db, [claim.id])).get(claim.id)
  if (!claim || !invoice) throw new NotFound('invoice', name)
  const credited = invoice.invoiceId && (await findInvoices(db, [invoice.invoiceId])).get(invoice.invoiceId)
  const credits = credited ? numberText(credited) : null
  const { language } = claim
  const drawing = { invoice, credits, language, timezone: settings.INVOICE_TIMEZONE }
  const pdf = await drawn.run(drawing, invoice.userId)
  const file = numberText(invoice).replaceAll('/', '-')
  return {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="${file}.pdf"`,
    },
    body: pdf,
  }
}
