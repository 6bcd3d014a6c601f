import { ask } from '../api/ask.ts'
import type { Document } from '../api/document.ts'

/** The answer was lost, or there is no connection: it is sent later, once. */
export class Queued extends Error {}

/** Until the outbox is there: sent again while this page is open. */
export const sendSurely = <R, V>(
  document: Document<R, V>,
  variables: V,
  _: { key: string; kind: 'createBooking' | 'confirmPayment'; bookingId?: string },
): Promise<R> => ask(document, variables, { idempotent: true })
