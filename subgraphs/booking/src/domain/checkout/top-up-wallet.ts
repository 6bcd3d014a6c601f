import { transaction } from '@karcis/kit/database'
import { newId } from '@karcis/kit/ids'
import type { Viewer } from '@karcis/kit/service-token'
import { currencySchema, keySchema, moneySchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { MethodNotOffered } from '../errors.ts'
import { type Attempt, claimKey } from '../idempotency-store.ts'
import { WALLET_CURRENCY } from '../ledger/postings.ts'
import { findPayment, type Payment } from '../payments/payment-store.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { PAYMENT_METHODS, topUpMethods } from '../payments/providers.ts'
import { topUpBill } from '../payments/subject.ts'
import { askProvider, insertBegun } from './start-payment.ts'

/** For so long it can be paid. */
const WINDOW_MS = 3_600_000

const topUpInput = z.object({
  amount: moneySchema.min(1, 'must be more than nothing'),
  currency: currencySchema.default(WALLET_CURRENCY),
  method: z.enum(PAYMENT_METHODS),
  idempotencyKey: keySchema.nullish(),
})

/**
 * Begins a payment into the viewer's own wallet at an outside provider. The money is theirs to spend when the provider has it: from there
 * on it goes as any other payment. Broken off anywhere, it goes on by being called again with its key.
 * @throws BadUserInput, MethodNotOffered, PaymentDeclined, IdempotencyKeyReused; ServiceUnavailable while the provider does not answer.
 */
export async function topUpWallet(deps: Deps, viewer: Viewer, rawInput: unknown): Promise<Payment> {
  const { amount, currency, method, idempotencyKey } = parseInput(topUpInput, rawInput)
  const provider: PaymentProvider | undefined = deps.providers[method]
  if (provider?.kind !== 'EXTERNAL' || !topUpMethods(deps.providers, currency).includes(method))
    throw new MethodNotOffered(method, currency)
  const attempt: Attempt | null =
    idempotencyKey == null
      ? null
      : {
          userId: viewer.id,
          operation: 'topUpWallet',
          key: idempotencyKey,
          input: [amount, currency, method],
          resultId: newId(),
        }
  const payment = await transaction(deps.db, async (tx) => {
    const { resultId, first } = attempt ? await claimKey(tx, attempt) : { resultId: newId(), first: true }
    const earlier = first ? null : await findPayment(tx, resultId)
    const expiresAt = new Date(Date.now() + WINDOW_MS)
    const bill = topUpBill({ userId: viewer.id, amount, currency, expiresAt })
    return earlier ?? insertBegun(tx, bill, method, resultId)
  })
  if (payment.reference === null && payment.status === 'REQUIRES_ACTION')
    await askProvider(deps, provider, payment, attempt && { ...attempt, resultId: payment.id })
  return (await findPayment(deps.db, payment.id)) ?? payment
}
