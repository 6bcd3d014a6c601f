import { z } from 'zod'
import { type Faults, faultsSchema } from './faults.ts'
import type { LedgerEntry } from './money.ts'
import type { SentNotification } from './notifier.ts'
import { type Call, NotPossible, type Provider, type Reply, UnknownPayment } from './protocol.ts'

interface Controlled {
  readonly provider: Provider
  readonly faults: Faults
  readonly sent: readonly SentNotification[]
}

/**
 * What is asked of a stand-in that no provider has, at `/_stand-in/`; JSON both ways.
 * - `GET ledger`, `GET notifications`: what was captured and refunded, and what was sent.
 * - `POST faults` arms one or several (`Fault`), `GET faults` lists those that still wait, `DELETE faults` clears them.
 * - `POST payments/{order}/{action}` does what a customer or a bank does: the methods of the stand-in's handle that take an
 *   order, with their options as the body. It answers with the order's entries in the ledger.
 *
 * Failures have `error`: 400 for what cannot be read, 404 for what there is not, 409 for what cannot be now.
 */
export function control(call: Call, { provider, faults, sent }: Controlled): Reply {
  const [, subject, order, action] = call.path
  const asked = `${call.method} ${subject}`
  try {
    if (asked === 'GET ledger') return { status: 200, body: provider.ledger() }
    if (asked === 'GET notifications') return { status: 200, body: sent }
    if (asked === 'GET faults') return { status: 200, body: faults.list() }
    if (asked === 'DELETE faults') {
      faults.disarm()
      return { status: 200, body: [] }
    }
    // A page of another site cannot send this type without being asked first; nobody answers that.
    if (call.method === 'POST' && !call.headers['content-type']?.startsWith('application/json')) {
      return { status: 415, body: { error: 'This takes application/json.' } }
    }
    const body: unknown = call.body === '' ? {} : JSON.parse(call.body)
    if (asked === 'POST faults') {
      faults.arm(faultsSchema.parse(body))
      return { status: 201, body: faults.list() }
    }
    const act = action === undefined ? undefined : provider.actions[action]
    if (asked === 'POST payments' && order && act) {
      act(order, body)
      return { status: 200, body: provider.ledger().filter((entry) => isOf(entry, order)) }
    }
    return { status: 404, body: { error: 'There is nothing here.' } }
  } catch (error) {
    if (error instanceof UnknownPayment) return { status: 404, body: { error: error.message } }
    if (error instanceof NotPossible) return { status: 409, body: { error: error.message } }
    if (error instanceof z.ZodError) return { status: 400, body: { error: z.prettifyError(error) } }
    if (error instanceof SyntaxError) return { status: 400, body: { error: 'This is not JSON.' } }
    throw error
  }
}

const isOf = (entry: LedgerEntry, order: string): boolean => entry.order === order || entry.id === order
